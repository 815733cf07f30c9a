"""OpenAI's Agents SDK over bridged models: nothing but the base URL, the key and the model's name is another."""

import asyncio

import agents
import openai
import pydantic
import pytest
from openai.types.shared import Reasoning

from conftest import KEY
from models import CITED, CLAUDE, GEMINI, GEMINI_3, SAID, VERTEX_CLAUDE
from test_responses_tools import handed_back

MODELS = [CLAUDE, GEMINI, GEMINI_3]
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["run", "run_streamed"])
agents.set_tracing_disabled(True)  # Its traces go to OpenAI.


@agents.function_tool
def weather(city: str) -> str:
    """Tells the weather of a city."""
    return "sunny in " + city


@agents.function_tool
def clock(city: str) -> str:
    """Tells the time of a city."""
    return "noon in " + city


@pytest.fixture
def run(proxy):
    """Runs an agent; `run.kinds` are the kinds of raw events that a streamed run told."""

    async def ran(agent, said, stream, more):
        async with openai.AsyncOpenAI(base_url=proxy.base_url, api_key=KEY, max_retries=0, timeout=20) as client:
            provider = agents.OpenAIProvider(openai_client=client, use_responses=True)
            more = dict(more, run_config=agents.RunConfig(model_provider=provider), max_turns=6)
            if not stream:
                return await agents.Runner.run(agent, said, **more)
            result = agents.Runner.run_streamed(agent, said, **more)
            async for event in result.stream_events():
                if event.type == "raw_response_event":
                    run.kinds.append(event.data.type)
            return result

    def run(agent, said, stream=False, **more):
        run.kinds = []
        return asyncio.run(ran(agent, said, stream, more))

    return run


def kinds(result):
    """What a run told beside its thoughts: Gemini 3 signs everything, and signatures travel as thoughts."""
    return [item.type for item in result.new_items if item.type != "reasoning_item"]


@STREAM
@pytest.mark.parametrize("model", MODELS)
def test_an_agent_calls_its_function_and_tells_what_came_of_it(run, model, stream):
    agent = agents.Agent("Helper", instructions="Be brief.", tools=[weather], model=model)
    result = run(agent, "Hi", stream)
    assert result.final_output == SAID + "sunny in text"
    assert kinds(result) == ["tool_call_item", "tool_call_output_item", "message_output_item"]
    assert result.context_wrapper.usage.requests == 2 and result.context_wrapper.usage.total_tokens > 0
    assert run.kinds.count("response.completed") == (2 if stream else 0)


@STREAM
@pytest.mark.parametrize("model", MODELS)
def test_a_conversation_goes_on_from_its_input_list(run, model, stream):
    agent = agents.Agent("Helper", tools=[weather, clock], model=model)
    first = run(agent, "in parallel, please", stream)
    assert "sunny in text" in first.final_output and "noon in text" in first.final_output
    second = run(agent, first.to_input_list() + [{"role": "user", "content": "And now?"}], stream)
    assert second.final_output == SAID + "sunny in text" and len(second.to_input_list()) > len(first.to_input_list()) + 2
    third = run(agents.Agent("Other", model=model), second.to_input_list() + [{"role": "user", "content": "Bye"}], stream)
    assert third.final_output == SAID + "Bye"


@STREAM
@pytest.mark.parametrize("word", ["twice and secretly", "in parallel and twice"])
@pytest.mark.parametrize("model", MODELS)
def test_an_agent_that_reasons_hands_its_thoughts_back(run, fake, model, word, stream):
    settings = agents.ModelSettings(reasoning=Reasoning(effort="medium", summary="auto"), max_tokens=8000, store=False,
                                    response_include=["reasoning.encrypted_content"])
    agent = agents.Agent("Thinker", tools=[weather, clock], model=model, model_settings=settings)
    first = run(agent, "Think %s" % word, stream)
    handed_back(model, fake.last()["json"], word)
    assert "sunny in text" in first.final_output and "reasoning_item" in [item.type for item in first.new_items]
    assert not stream or "response.reasoning_summary_text.delta" in run.kinds
    second = run(agent, first.to_input_list() + [{"role": "user", "content": "And now?"}], stream)
    assert "sunny in text" in second.final_output


@STREAM
@pytest.mark.parametrize("model", MODELS + [VERTEX_CLAUDE])
def test_an_agent_searches_the_web(run, model, stream):
    agent = agents.Agent("Searcher", model=model, tools=[agents.WebSearchTool(search_context_size="low", user_location={
        "type": "approximate", "city": "Rome"})])
    first = run(agent, "Hi", stream)
    assert first.final_output == SAID + "Hi " + CITED
    assert [item.raw_item.type for item in first.new_items if item.type == "tool_call_item"] == ["web_search_call"]
    message = [item.raw_item for item in first.new_items if item.type == "message_output_item"][-1]
    assert [cited.url for part in message.content for cited in part.annotations] == ["https://almanac.example/weather"]
    second = run(agents.Agent("Other", model=model), first.to_input_list() + [{"role": "user", "content": "And now?"}], stream)
    assert second.final_output == SAID + "And now?"


@STREAM
@pytest.mark.parametrize("model", [CLAUDE, GEMINI_3])
def test_an_agent_searches_and_calls_its_function(run, model, stream):
    agent = agents.Agent("Searcher", model=model, tools=[agents.WebSearchTool(), weather])
    result = run(agent, "Hi", stream)
    assert result.final_output == SAID + "sunny in text " + CITED
    called = [item.raw_item.type for item in result.new_items if item.type == "tool_call_item"]
    assert called == ["function_call", "web_search_call"]


@STREAM
def test_an_agent_has_code_run_and_asks_a_server_of_tools(run, stream):
    wiki = {"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example/mcp", "require_approval": "never"}
    code = {"type": "code_interpreter", "container": {"type": "auto"}}
    agent = agents.Agent("Coder", model=CLAUDE, tools=[agents.CodeInterpreterTool(code), agents.HostedMCPTool(wiki)])
    first = run(agent, "say", stream)
    assert first.final_output == SAID + "say"
    assert {"code_interpreter_call", "mcp_call", "mcp_list_tools"} <= {item.raw_item.type for item in first.new_items}
    second = run(agents.Agent("Other", model=CLAUDE), first.to_input_list() + [{"role": "user", "content": "And now?"}], stream)
    assert second.final_output == SAID + "And now?"


class Report(pydantic.BaseModel):
    city: str
    days: list[int]


@STREAM
@pytest.mark.parametrize("model, tools", [(model, []) for model in MODELS] + [(CLAUDE, [weather]), (GEMINI_3, [weather])],
                         ids=lambda value: value if isinstance(value, str) else "tools" if value else "plain")
def test_an_agent_gives_its_output_in_a_class(run, model, tools, stream):
    """Gemini has no JSON beside functions before its third generation."""
    result = run(agents.Agent("Reporter", tools=tools, output_type=Report, model=model), "Hi", stream)
    assert result.final_output == Report(city="text", days=[1])


@STREAM
@pytest.mark.parametrize("model", MODELS)
def test_an_agent_hands_over_to_another(run, model, stream):
    other = agents.Agent("Specialist", instructions="Be exact.", tools=[], model=GEMINI if model == CLAUDE else CLAUDE)
    first = agents.Agent("Triage", instructions="Hand over.", handoffs=[other], model=model)
    result = run(first, "Hi", stream)
    assert result.last_agent is other and result.final_output.startswith(SAID)
    assert kinds(result) == ["handoff_call_item", "handoff_output_item", "message_output_item"]


@pytest.mark.parametrize("model", MODELS)
def test_an_agent_remembers_in_a_session(run, fake, model):
    session = agents.SQLiteSession("e2e")
    agent = agents.Agent("Helper", model=model)
    for said in ("First", "Second"):
        assert run(agent, said, session=session).final_output == SAID + said
    assert SAID + "First" in fake.last()["body"]["bytes"].decode()


@pytest.mark.parametrize("model", ["anthropic/claude-fake-stream-error", "google-ai/gemini-fake-stream-error"])
def test_a_failure_in_mid_stream_fails_the_run(run, model):
    with pytest.raises((openai.APIError, agents.AgentsException)) as caught:
        run(agents.Agent("Helper", model=model), "Hi", True)
    assert "The fake provider failed." in str(caught.value)
