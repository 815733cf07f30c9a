// The official Node SDK's /responses over models whose providers have only chats; ../test_responses.py says more.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import OpenAI from "openai";
import { zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const client = new OpenAI({ baseURL: process.env.ORQ_BASE_URL, apiKey: process.env.ORQ_KEY, maxRetries: 0 });
const CLAUDES = ["anthropic/claude-sonnet-4-5", "google/claude-sonnet-4-5"];
const GEMINIS = ["google-ai/gemini-2.5-flash", "google-ai/gemini-3-flash-preview", "google/gemini-2.5-pro"];
const BEDROCK = "aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA = "aws/amazon.nova-lite-v1:0";
const COHERE = "cohere/command-a-03-2025";
const MODELS = [...CLAUDES, ...GEMINIS, BEDROCK, NOVA, COHERE, "mistral/mistral-large-latest", "togetherai/deepseek-ai/DeepSeek-V3"];
const THINKING = [...MODELS.filter((model) => model !== NOVA && model !== COHERE), "cohere/command-a-reasoning-08-2025"];
const SEARCHING = [...CLAUDES, ...GEMINIS];
const FAULTY = [
  "anthropic/claude-", "google-ai/gemini-", "google/gemini-", "google/claude-", "aws/us.anthropic.", "cohere/", "mistral/",
];
const SAID = "Hello from the fake provider. You said: ";
const CITED = "The Fake Almanac agrees.";
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const tool = (name) => ({
  type: "function", name, description: `Tells the ${name}.`, strict: true,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
});
const TOOLS = [tool("weather"), tool("time")];

const user = (content) => ({ role: "user", content });
const of = (response, type) => response.output.filter((item) => item.type === type);
const outputs = (response) =>
  of(response, "function_call").map(({ call_id, name }) => ({ type: "function_call_output", call_id, output: `${name} is fine` }));
const seen = (kind, data) =>
  `[${kind}, ${data.length} bytes, sha256 ${createHash("sha256").update(data).digest("hex").slice(0, 16)}]`;

async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

// What the SDK's accumulator makes of a stream; it must be what the stream's last event says.
async function streamed(asked) {
  const stream = client.responses.stream(asked);
  const events = [];
  stream.on("event", (event) => events.push(event));
  const final = await stream.finalResponse();
  assert.deepEqual(events.map((event) => event.sequence_number), events.map((_, at) => at));
  const done = events.filter((event) => event.type === "response.output_item.done").map((event) => event.item);
  assert.deepEqual(events.at(-1).response.output, done);
  assert.deepEqual(final.output.map((item) => item.id), done.map((item) => item.id));
  return final;
}

const HOW = { whole: (asked) => client.responses.create(asked), streamed };

for (const model of MODELS) {
  const native = !/^(mistral|togetherai)\//.test(model);

  test(`${model}: a response is given`, async () => {
    const response = await client.responses.create({ model, input: "Hi" });
    assert.equal(response.output_text, SAID + "Hi");
    assert.equal(response.store, false);
    assert.equal(response.usage.total_tokens, response.usage.input_tokens + response.usage.output_tokens);
    assert.ok(response._request_id);
  });

  test(`${model}: a response streams`, async () => {
    const events = await collect(await client.responses.create({ model, input: [user("Grüße 🌍")], stream: true }));
    const text = events.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta).join("");
    assert.equal(text, SAID + "Grüße 🌍");
    assert.equal(events.at(-1).type, "response.completed");
    assert.equal((await streamed({ model, input: "Hi" })).output_text, SAID + "Hi");
  });

  for (const [how, ask] of Object.entries(HOW)) {
    test(`${model}: parallel calls are answered, ${how}`, async () => {
      const first = await ask({ model, input: "in parallel", tools: TOOLS });
      const calls = of(first, "function_call");
      assert.deepEqual(calls.map((call) => [call.name, JSON.parse(call.arguments)]),
        [["weather", { city: "text" }], ["time", { city: "text" }]]);
      const input = [user("in parallel"), ...first.output, ...outputs(first).reverse()];
      const second = await ask({ model, input, tools: TOOLS });
      assert.match(second.output_text, /weather is fine/);
      assert.match(second.output_text, /time is fine/);
    });

    test(`${model}: a response ends at its limit, ${how}`, async () => {
      const response = await ask({ model, input: "long ".repeat(50), max_output_tokens: 20 });
      assert.equal(response.status, "incomplete");
      assert.equal(response.incomplete_details.reason, "max_output_tokens");
      assert.equal(response.output_text.length, 80);
    });
  }

  test(`${model}: a custom tool is called with a text`, async () => {
    const tools = [{ type: "custom", name: "run", description: "Runs a script." }];
    const first = await streamed({ model, input: "Hi", tools });
    const [call] = of(first, "custom_tool_call");
    assert.equal(call.input, "text");
    const output = { type: "custom_tool_call_output", call_id: call.call_id, output: "It ran." };
    const second = await client.responses.create({ model, tools, input: [user("Hi"), ...first.output, output] });
    assert.equal(second.output_text, SAID + "It ran.");
  });

  test(`${model}: a function of zod is parsed`, async () => {
    const weather = zodResponsesFunction({ name: "weather", parameters: z.object({ city: z.string() }) });
    const response = await client.responses.parse({ model, input: "Hi", tools: [weather] });
    assert.deepEqual(of(response, "function_call")[0].parsed_arguments, { city: "text" });
  });

  if (model !== NOVA) {
    test(`${model}: a zod schema is parsed`, async () => {
      const schema = z.object({ steps: z.array(z.object({ explanation: z.string(), value: z.number() })), done: z.boolean() });
      const asked = { model, input: "Hi", text: { format: zodTextFormat(schema, "solution") } };
      const wanted = { steps: [{ explanation: "text", value: 1.5 }], done: true };
      assert.deepEqual((await client.responses.parse(asked)).output_parsed, wanted);
      assert.deepEqual((await streamed(asked)).output_parsed, wanted);
    });
  }

  if (native && model !== COHERE) {
    test(`${model}: a picture arrives`, async () => {
      const picture = { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${PNG.toString("base64")}` };
      const response = await client.responses.create({ model, input: [user([{ type: "input_text", text: "Look:" }, picture])] });
      assert.equal(response.output_text, `${SAID}Look: ${seen("image/png", PNG)}`);
    });
  }
}

for (const model of THINKING) {
  // Parsed items have members of the SDK's own, and JSON loses what is undefined: both are ways in which clients keep them.
  const kept = { whole: (response) => response.output, streamed: (response) => JSON.parse(JSON.stringify(response.output)) };

  for (const [how, ask] of Object.entries(HOW)) {
    test(`${model}: thoughts are handed back, ${how}`, async () => {
      const said = [user("Think twice and secretly")];
      const asked = () => ({
        model, input: said, tools: TOOLS, reasoning: { effort: "medium", summary: "auto" }, max_output_tokens: 8000,
        include: ["reasoning.encrypted_content"], store: false,
      });
      const first = await ask(asked());
      assert.equal(first.output[0].type, "reasoning");
      assert.match(first.output[0].summary[0].text, /^The user says: Think twice and secretly/);
      said.push(...kept[how](first), ...outputs(first));
      const second = await ask(asked());
      assert.match(second.output_text, /weather is fine/);
      said.push(...kept[how](second), user("And now?"));
      assert.equal((await ask({ ...asked(), tool_choice: "none" })).output_text, SAID + "And now?");
    });
  }
}

for (const model of SEARCHING) {
  for (const [how, ask] of Object.entries(HOW)) {
    test(`${model}: a search is told and cited, ${how}`, async () => {
      const response = await ask({ model, input: "Grüße 🌍", tools: [{ type: "web_search" }] });
      assert.equal(of(response, "web_search_call")[0].status, "completed");
      assert.equal(response.output_text, `${SAID}Grüße 🌍 ${CITED}`);
      const cited = of(response, "message").flatMap((message) => message.content).flatMap((part) => part.annotations);
      assert.deepEqual(cited.map(({ type, url, title }) => [type, url, title]),
        [["url_citation", "https://almanac.example/weather", "The Fake Almanac"]]);
      const next = await ask({ model, input: [user("Hi"), ...response.output, user("And now?")] });
      assert.equal(next.output_text, SAID + "And now?");
    });
  }
}

const CLASSES = {
  400: OpenAI.BadRequestError, 401: OpenAI.AuthenticationError, 404: OpenAI.NotFoundError, 429: OpenAI.RateLimitError,
  500: OpenAI.InternalServerError, 503: OpenAI.InternalServerError,
};

for (const family of FAULTY) {
  test(`${family}: a status becomes its error`, async () => {
    for (const [status, Class] of Object.entries(CLASSES)) {
      await assert.rejects(client.responses.create({ model: `${family}fake-status-${status}`, input: "Hi" }), (error) => {
        assert.ok(error instanceof Class, String(error));
        assert.ok(error.message.includes(`The fake provider answers ${status}.`) && error.requestID);
        return true;
      });
    }
  });

  test(`${family}: what fails in mid-stream is an error`, async () => {
    for (const fault of ["stream-error", "truncated-stream"]) {
      const asked = { model: `${family}fake-${fault}`, input: "Hi" };
      await assert.rejects(async () => collect(await client.responses.create({ ...asked, stream: true })), fault);
      await assert.rejects(client.responses.stream(asked).finalResponse(), fault);
    }
  });

  test(`${family}: what needs a memory is refused by name`, async () => {
    const request = client.responses.create({ model: `${family}fake-model`, input: "Hi", previous_response_id: "resp_1" });
    await assert.rejects(request, (error) => error.status === 400 && error.param === "previous_response_id");
  });
}
