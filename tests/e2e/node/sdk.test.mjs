// The official Node SDK over every route. BASE_URL and key come from the environment, see ../test_node.py.

import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI, { toFile } from "openai";

const client = new OpenAI({ baseURL: process.env.ORQ_BASE_URL, apiKey: process.env.ORQ_KEY, maxRetries: 0 });
const HI = [{ role: "user", content: "Hi" }];
const SAID = "Hello from the fake provider. You said: Hi";
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const TOOLS = [{
  type: "function",
  function: {
    name: "weather",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
}];

async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

test("models are listed and retrieved", async () => {
  const models = await collect(client.models.list());
  assert.ok(models.some((model) => model.id === "openai/gpt-4o"));
  assert.equal((await client.models.retrieve("openai/gpt-4o")).id, "openai/gpt-4o");
  assert.equal((await client.models.retrieve("my-vllm/org/model-with/slashes")).id, "my-vllm/org/model-with/slashes");
});

test("a chat is answered", async () => {
  const answer = await client.chat.completions.create({ model: "openai/gpt-4o", messages: HI });
  assert.equal(answer.choices[0].message.content, SAID);
  assert.ok(answer._request_id);
});

test("a chat streams with usage", async () => {
  const chunks = await collect(await client.chat.completions.create({
    model: "groq/llama", messages: HI, stream: true, stream_options: { include_usage: true },
  }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), SAID);
  assert.ok(chunks.at(-1).usage.total_tokens > 0);
});

for (const cut of ["fake-cut-1", "fake-cut-3+crlf", "fake-comments", "fake-no-done"]) {
  test(`the stream helper survives ${cut}`, async () => {
    const stream = client.chat.completions.stream({ model: `openai/${cut}`, messages: HI });
    assert.equal(await stream.finalContent(), SAID);
  });
}

test("the stream helper puts a tool call together", async () => {
  const stream = client.chat.completions.stream({ model: "openai/gpt-4o", messages: HI, tools: TOOLS });
  const answer = await stream.finalChatCompletion();
  assert.equal(answer.choices[0].finish_reason, "tool_calls");
  assert.deepEqual(JSON.parse(answer.choices[0].message.tool_calls[0].function.arguments), { city: "text" });
});

test("tools run to the end", async () => {
  const runner = client.chat.completions.runTools({
    model: "openai/gpt-4o",
    messages: HI,
    tools: [{
      type: "function",
      function: { ...TOOLS[0].function, parse: JSON.parse, function: ({ city }) => `sunny in ${city}` },
    }],
  });
  assert.match(await runner.finalContent(), /sunny in text/);
});

test("images and files arrive as parts", async () => {
  const url = `data:image/png;base64,${PNG.toString("base64")}`;
  const content = [
    { type: "image_url", image_url: { url } },
    { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERi0=" } },
  ];
  const answer = await client.chat.completions.create({ model: "openai/gpt-4o", messages: [{ role: "user", content }] });
  assert.match(answer.choices[0].message.content, /\[image image\/png, \d+ bytes\] \[file a\.pdf application\/pdf, 5 bytes\]/);
});

test("a json schema is obeyed", async () => {
  const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false };
  const answer = await client.chat.completions.parse({
    model: "openai/gpt-4o", messages: HI,
    response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema } },
  });
  assert.deepEqual(JSON.parse(answer.choices[0].message.content), { n: 1 });
});

test("completions come whole and streamed", async () => {
  const request = { model: "openai/gpt-3.5-turbo-instruct", prompt: "Once" };
  const whole = await client.completions.create(request);
  const chunks = await collect(await client.completions.create({ ...request, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0].text).join(""), whole.choices[0].text);
});

test("embeddings come as base64 by default and as numbers", async () => {
  const request = { model: "openai/text-embedding-3-small", input: ["one", "two"], dimensions: 4 };
  const packed = await client.embeddings.create(request);
  const numbers = await client.embeddings.create({ ...request, encoding_format: "float" });
  packed.data.forEach((item, at) => item.embedding.forEach((value, index) =>
    assert.ok(Math.abs(value - numbers.data[at].embedding[index]) < 1e-6)));
  assert.equal(packed.data[1].embedding.length, 4);
});

test("images are generated, edited and varied", async () => {
  const made = await client.images.generate({ model: "openai/gpt-image-1", prompt: "A cat" });
  assert.deepEqual(Buffer.from(made.data[0].b64_json, "base64"), PNG);
  const image = await toFile(PNG, "a.png", { type: "image/png" });
  const edited = await client.images.edit({ model: "openai/gpt-image-1", prompt: "Join", image: [image, image] });
  assert.ok(edited.data[0].b64_json);
  const varied = await client.images.createVariation({ model: "openai/dall-e-2", image, n: 2 });
  assert.equal(varied.data.length, 2);
});

test("texts are moderated", async () => {
  const answer = await client.moderations.create({ model: "openai/omni-moderation-latest", input: "attack" });
  assert.equal(answer.results[0].flagged, true);
});

test("documents are ranked again", async () => {
  const answer = await client.post("/rerank", {
    body: { model: "togetherai/rerank-1", query: "fox", documents: ["dog", "fox"], top_n: 1 },
  });
  assert.equal(answer.results[0].index, 1);
});

test("speech is made", async () => {
  const answer = await client.audio.speech.create({
    model: "openai/tts-1", voice: "alloy", input: "Hello", response_format: "wav",
  });
  assert.equal(Buffer.from(await answer.arrayBuffer()).toString("latin1", 0, 4), "RIFF");
});

test("sound is transcribed whole, as text, and streamed", async () => {
  const file = await toFile(Buffer.from("RIFF...."), "talk.wav", { type: "audio/wav" });
  const whole = await client.audio.transcriptions.create({ model: "openai/whisper-1", file });
  assert.match(whole.text, /talk\.wav, 8 bytes/);
  const text = await client.audio.transcriptions.create({ model: "openai/whisper-1", file, response_format: "srt" });
  assert.match(text, /^1\n00:00/);
  const events = await collect(await client.audio.transcriptions.create({ model: "openai/whisper-1", file, stream: true }));
  assert.equal(events.at(-1).text, whole.text);
  const words = await client.audio.transcriptions.create({
    model: "openai/whisper-1", file, response_format: "verbose_json", timestamp_granularities: ["word"],
  });
  assert.equal(words.words[0].word, "Hello");
});

test("sound is translated", async () => {
  const file = await toFile(Buffer.from("RIFF...."), "rede.wav");
  assert.match((await client.audio.translations.create({ model: "openai/whisper-1", file })).text, /rede\.wav/);
});

test("a response is made and streamed", async () => {
  const answer = await client.responses.create({ model: "openai/gpt-4o", input: "Hi" });
  assert.equal(answer.output_text, SAID);
  const stream = client.responses.stream({ model: "openai/gpt-4o", input: "Hi" });
  assert.equal((await stream.finalResponse()).output_text, SAID);
});

const CLASSES = {
  400: OpenAI.BadRequestError, 401: OpenAI.AuthenticationError, 403: OpenAI.PermissionDeniedError,
  404: OpenAI.NotFoundError, 409: OpenAI.ConflictError, 422: OpenAI.UnprocessableEntityError,
  429: OpenAI.RateLimitError, 500: OpenAI.InternalServerError, 503: OpenAI.InternalServerError,
};

for (const [status, Class] of Object.entries(CLASSES)) {
  test(`status ${status} of a provider becomes ${Class.name}`, async () => {
    const request = client.chat.completions.create({ model: `openai/fake-status-${status}`, messages: HI });
    await assert.rejects(request, (error) => {
      assert.ok(error instanceof Class, String(error));
      assert.equal(error.status, Number(status));
      assert.ok(error.message.includes(`The fake provider answers ${status}.`) && error.requestID);
      if (status === "429") assert.equal(error.headers.get("retry-after"), "7");
      return true;
    });
  });
}

test("a wrong key is an AuthenticationError", async () => {
  const stranger = new OpenAI({ baseURL: process.env.ORQ_BASE_URL, apiKey: "sk-orq-wrong", maxRetries: 0 });
  await assert.rejects(collect(stranger.models.list()), (error) =>
    error instanceof OpenAI.AuthenticationError && error.code === "invalid_api_key");
});

for (const model of ["fake-stream-error", "fake-stream-error-flat"]) {
  test(`${model} in mid-stream is an APIError`, async () => {
    const stream = await client.chat.completions.create({ model: `openai/${model}`, messages: HI, stream: true });
    await assert.rejects(collect(stream), (error) =>
      error instanceof OpenAI.APIError && error.message.includes("The fake provider failed"));
  });
}

test("a death in mid-stream is an error", async () => {
  const stream = await client.chat.completions.create({ model: "openai/fake-die-midstream", messages: HI, stream: true });
  await assert.rejects(collect(stream));
});

test("an aborted stream ends quietly", async () => {
  const stream = await client.chat.completions.create({ model: "openai/fake-endless", messages: HI, stream: true });
  let count = 0;
  for await (const _ of stream) {
    count += 1;
    if (count === 3) break;
  }
  assert.equal(count, 3);
});
