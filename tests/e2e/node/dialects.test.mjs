// The official Node SDK over the providers that speak a language of their own; ../test_dialects.py says more.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const client = new OpenAI({ baseURL: process.env.ORQ_BASE_URL, apiKey: process.env.ORQ_KEY, maxRetries: 0 });
const NOVA = "aws/amazon.nova-lite-v1:0";
const COHERE = "cohere/command-a-03-2025";
const MODELS = [
  "anthropic/claude-sonnet-4-5", "google-ai/gemini-2.5-flash", "google-ai/gemini-3-flash-preview", "google/gemini-2.5-pro",
  "google/claude-sonnet-4-5", "aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0", NOVA, COHERE,
];
const FAULTY = ["anthropic/claude-", "google-ai/gemini-", "google/gemini-", "google/claude-", "aws/us.anthropic.", "cohere/"];
const SAID = "Hello from the fake provider. You said: ";
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const PDF = Buffer.from("%PDF-1.4\ntrailer<</Root 1 0 R>>\n%%EOF\n");
const WEATHER = {
  name: "weather",
  description: "Tells the weather.",
  parameters: {
    type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false,
  },
};
const TIME = { ...WEATHER, name: "time", description: "Tells the time." };
const TOOLS = [WEATHER, TIME].map((definition) => ({ type: "function", function: definition }));

const user = (content) => [{ role: "user", content }];
const seen = (kind, data) =>
  `[${kind}, ${data.length} bytes, sha256 ${createHash("sha256").update(data).digest("hex").slice(0, 16)}]`;

async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

// The message that deltas add up to. The SDK's own helper keeps only the last piece of a member that it does not know.
function fold(chunks) {
  const message = {};
  for (const { choices: [{ delta }] } of chunks) {
    for (const [name, value] of Object.entries(delta)) {
      if (name === "tool_calls") {
        message.tool_calls ??= [];
        for (const { index, ...call } of value) {
          if (message.tool_calls[index]) message.tool_calls[index].function.arguments += call.function.arguments;
          else message.tool_calls[index] = call;
        }
      } else if (typeof value === "string" && name !== "role") {
        message[name] = (message[name] ?? "") + value;
      } else {
        message[name] ??= value;
      }
    }
  }
  return message;
}

for (const model of MODELS) {
  const plain = model !== COHERE;

  test(`${model}: a chat is answered`, async () => {
    const answer = await client.chat.completions.create({ model, messages: user("Hi") });
    assert.equal(answer.choices[0].message.content, SAID + "Hi");
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    assert.ok(answer._request_id);
  });

  test(`${model}: a chat streams with usage`, async () => {
    const chunks = await collect(await client.chat.completions.create({
      model, messages: user("Grüße 🌍"), stream: true, stream_options: { include_usage: true },
    }));
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), SAID + "Grüße 🌍");
    assert.ok(chunks.at(-1).usage.total_tokens > 0);
  });

  test(`${model}: the stream helper puts text and tool calls together`, async () => {
    const text = client.chat.completions.stream({ model, messages: user("Hi") });
    assert.equal(await text.finalContent(), SAID + "Hi");
    const calls = client.chat.completions.stream({ model, messages: user("in parallel"), tools: TOOLS });
    const { message, finish_reason } = (await calls.finalChatCompletion()).choices[0];
    assert.equal(finish_reason, "tool_calls");
    assert.deepEqual(message.tool_calls.map((call) => call.function.name), ["weather", "time"]);
    assert.deepEqual(JSON.parse(message.tool_calls[1].function.arguments), { city: "text" });
  });

  for (const stream of [false, true]) {
    test(`${model}: tools run to the end${stream ? ", streamed" : ""}`, async () => {
      const runner = client.chat.completions.runTools({
        model, stream, messages: user("in parallel"),
        tools: TOOLS.map(({ function: definition }) => ({
          type: "function",
          function: { ...definition, parse: JSON.parse, function: ({ city }) => `${definition.name} of ${city}` },
        })),
      });
      const content = await runner.finalContent();
      assert.match(content, /weather of text/);
      assert.match(content, /time of text/);
    });
  }

  if (model !== NOVA && plain) {
    const thinking = { max_completion_tokens: 8000, thinking: { type: "enabled", budget_tokens: 1024 } };

    // The SDK's runner hands back no member of a message that it does not know, and so no thoughts either.
    test(`${model}: tools run to the end with thinking`, async () => {
      const runner = client.chat.completions.runTools({
        model, ...thinking, messages: user("Think twice"),
        tools: [{ type: "function", function: { ...WEATHER, parse: JSON.parse, function: ({ city }) => `sunny in ${city}` } }],
      });
      assert.match(await runner.finalContent(), /sunny in text/);
      assert.match(runner.messages[1].reasoning, /^The user says: Think twice/);
    });

    const messages_of = {
      "as they came": async (ask) => (await client.chat.completions.create(ask)).choices[0].message,
      "as they were streamed": async (ask) => fold(await collect(await client.chat.completions.create({ ...ask, stream: true }))),
      // The helper loses parts of what it does not know, but not what is sent once.
      "as the SDK's helper put them together": async (ask) =>
        (await client.chat.completions.stream(ask).finalChatCompletion()).choices[0].message,
    };
    for (const [how, message_of] of Object.entries(messages_of)) {
      test(`${model}: thoughts are handed back ${how}`, async () => {
        const ask = (messages) => message_of({ model, ...thinking, messages, tools: TOOLS });
        const first = await ask(user("Think twice and secretly"));
        const result = { role: "tool", tool_call_id: first.tool_calls[0].id, content: "sunny" };
        const second = await ask([...user("Think twice and secretly"), first, result]);
        assert.equal(second.content, SAID + "sunny");
        const [details] = second.reasoning_details ?? [];
        assert.match(details?.text ?? second.reasoning, /^The user says: sunny/);
      });
    }
  }

  test(`${model}: a picture and a paper arrive, or are refused by name`, async () => {
    const content = [
      { type: "text", text: "Look:" },
      { type: "image_url", image_url: { url: `data:image/png;base64,${PNG.toString("base64")}` } },
      { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${PDF.toString("base64")}` } },
    ];
    const request = client.chat.completions.create({ model, messages: user(content) });
    if (plain) {
      const said = (await request).choices[0].message.content;
      assert.ok(said.includes(seen("image/png", PNG)) && said.includes(seen("application/pdf", PDF)), said);
    } else {
      await assert.rejects(request, (error) => error instanceof OpenAI.BadRequestError && error.param.startsWith("messages"));
    }
  });

  if (model !== NOVA) {
    test(`${model}: a zod schema is parsed`, async () => {
      const schema = z.object({ steps: z.array(z.object({ explanation: z.string(), value: z.number() })), done: z.boolean() });
      const answer = await client.chat.completions.parse({
        model, messages: user("Hi"), response_format: zodResponseFormat(schema, "solution"),
      });
      assert.deepEqual(answer.choices[0].message.parsed, { steps: [{ explanation: "text", value: 1.5 }], done: true });
    });
  }
}

const CLASSES = {
  400: OpenAI.BadRequestError, 401: OpenAI.AuthenticationError, 403: OpenAI.PermissionDeniedError,
  404: OpenAI.NotFoundError, 429: OpenAI.RateLimitError, 500: OpenAI.InternalServerError, 503: OpenAI.InternalServerError,
};

for (const family of FAULTY) {
  for (const [status, Class] of Object.entries(CLASSES)) {
    test(`${family}: status ${status} becomes ${Class.name}`, async () => {
      const request = client.chat.completions.create({ model: `${family}fake-status-${status}`, messages: user("Hi") });
      await assert.rejects(request, (error) => {
        assert.ok(error instanceof Class, String(error));
        assert.ok(error.message.includes(`The fake provider answers ${status}.`) && error.requestID);
        return true;
      });
    });
  }

  for (const fault of ["stream-error", "truncated-stream", "die-midstream"]) {
    test(`${family}: ${fault} is an error`, async () => {
      const stream = await client.chat.completions.create({
        model: `${family}fake-${fault}`, messages: user("Hi"), stream: true,
      });
      await assert.rejects(collect(stream));
    });
  }
}
