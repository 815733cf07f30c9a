"""The models that tests of translated providers ask, and what the fake provider says to them."""

import hashlib

import pydantic

CLAUDE, GEMINI, GEMINI_3 = "anthropic/claude-sonnet-4-5", "google-ai/gemini-2.5-flash", "google-ai/gemini-3-flash-preview"
VERTEX, VERTEX_CLAUDE = "google/gemini-2.5-pro", "google/claude-sonnet-4-5"
BEDROCK, NOVA = "aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws/amazon.nova-lite-v1:0"
COHERE, COHERE_REASONING = "cohere/command-a-03-2025", "cohere/command-a-reasoning-08-2025"
MODELS = [CLAUDE, GEMINI, GEMINI_3, VERTEX, VERTEX_CLAUDE, BEDROCK, NOVA, COHERE]
CLAUDES = [CLAUDE, VERTEX_CLAUDE, BEDROCK]
THINKING = [CLAUDE, GEMINI, GEMINI_3, VERTEX, VERTEX_CLAUDE, BEDROCK, COHERE_REASONING]
# One model of each service, whose name chooses a fault.
FAULTY = ["anthropic/claude-", "google-ai/gemini-", "google/gemini-", "google/claude-", "aws/us.anthropic.", "cohere/"]
# These speak OpenAI's language, and have chats alone; Together has completions, too.
MISTRAL, TOGETHER = "mistral/mistral-large-latest", "togetherai/deepseek-ai/DeepSeek-V3"
SAID = "Hello from the fake provider. You said: "
CITED = "The Fake Almanac agrees."


def seen(kind, data):
    """How the fake provider speaks of bytes that reached it."""
    return "[%s, %d bytes, sha256 %s]" % (kind, len(data), hashlib.sha256(data).hexdigest()[:16])


class Step(pydantic.BaseModel):
    explanation: str
    value: int


class Solution(pydantic.BaseModel):
    """An answer in JSON that the SDKs parse."""

    steps: list[Step]
    done: bool
