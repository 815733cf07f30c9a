// The official Node SDK over the routes beside chats, in every provider's own language; ../test_embeddings.py and its neighbours say more.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import OpenAI, { toFile } from "openai";

const client = new OpenAI({ baseURL: process.env.ORQ_BASE_URL, apiKey: process.env.ORQ_KEY, maxRetries: 0 });
const EMBEDDERS = [
  "cohere/embed-v4.0", "google-ai/gemini-embedding-001", "google-ai/gemini-embedding-2", "google/text-embedding-005", "google/gemini-embedding-2",
  "aws/amazon.titan-embed-text-v2:0", "aws/cohere.embed-v4:0", "aws/amazon.nova-2-multimodal-embeddings-v1:0", "voyage/voyage-4",
  "voyage/voyage-multimodal-3.5", "jina/jina-embeddings-v3", "huggingface/BAAI/bge-small-en-v1.5", "perplexity/pplx-embed-v1-0.6b",
  "mistral/mistral-embed", "openai/text-embedding-3-small",
];
const PAINTERS = [
  "google-ai/imagen-4.0-generate-001", "google/imagen-4.0-generate-001", "google-ai/gemini-2.5-flash-image", "aws/amazon.nova-canvas-v1:0",
  "aws/stability.sd3-5-large-v1:0", "xai/grok-imagine-image", "togetherai/black-forest-labs/FLUX.1-schnell",
  "openrouter/google/gemini-3-pro-image-preview", "fal/fal-ai/flux/dev", "replicate/black-forest-labs/flux-schnell", "leonardoai/seedream-4.5",
  "bytedance/seedream-4-0-250828", "huggingface/stabilityai/stable-diffusion-3.5-large", "nvidia/black-forest-labs/flux.1-schnell",
  "fireworks/accounts/fireworks/models/flux-1-dev-fp8",
];
const EDITORS = [
  "google-ai/gemini-2.5-flash-image", "xai/grok-imagine-image", "togetherai/black-forest-labs/FLUX.1-kontext-pro", "fal/fal-ai/nano-banana/edit",
  "replicate/black-forest-labs/flux-kontext-pro", "openai/gpt-image-1",
];
const SPEAKERS = {
  "elevenlabs/eleven_turbo_v2_5": ["sarah", "mp3"], "deepgram/aura-2": ["thalia", "mp3"], "google-ai/gemini-2.5-flash-preview-tts": ["Kore", "wav"],
  "groq/canopylabs/orpheus-v1-english": ["troy", "wav"], "xai/grok-voice-tts-1.0": ["eve", "mp3"],
  "mistral/voxtral-mini-tts-latest": ["en_paul_neutral", "mp3"], "openrouter/hexgrad/kokoro-82m": ["af_bella", "mp3"],
  "togetherai/hexgrad/Kokoro-82M": ["af_bella", "wav"], "openai/tts-1": ["alloy", "mp3"],
};
const LISTENERS = [
  "elevenlabs/scribe_v2", "deepgram/nova-3", "mistral/voxtral-mini-latest", "xai/grok-voice-transcribe-1.0", "cohere/cohere-transcribe-03-2026",
  "google-ai/gemini-2.5-flash", "huggingface/openai/whisper-large-v3", "groq/whisper-large-v3", "openrouter/openai/whisper-1",
  "togetherai/openai/whisper-large-v3", "fireworks/whisper-v3",
];
const RANKERS = [
  "cohere/rerank-v3.5", "aws/cohere.rerank-v3-5:0", "voyage/rerank-2.5", "jina/jina-reranker-v3", "togetherai/Salesforce/Llama-Rank-v1",
  "openrouter/cohere/rerank-v3.5", "fireworks/fireworks/qwen3-reranker-8b", "nvidia/nvidia/llama-3.2-nv-rerankqa-1b-v2",
];
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const SOUND = Buffer.concat([Buffer.from("RIFF"), Buffer.from(Array.from({ length: 5000 }, (_, at) => at % 256))]);
const BEGINS = { mp3: "ID3", wav: "RIFF" };

const sound = () => toFile(SOUND, "talk.wav", { type: "audio/wav" });
const picture = () => toFile(PNG, "cat.png", { type: "image/png" });
const language = (model) => (model.startsWith("cohere/") ? { language: "en" } : {});

async function collect(stream) {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

for (const model of EMBEDDERS) {
  test(`${model}: the vectors that are packed are those that are written`, async () => {
    const input = ["A fox", "a dog – Größe 🌍"];
    const packed = await client.embeddings.create({ model, input });
    const numbers = await client.embeddings.create({ model, input, encoding_format: "float" });
    assert.deepEqual(packed.data.map((one) => one.index), [0, 1]);
    packed.data.forEach((one, at) => {
      const wanted = numbers.data[at].embedding;
      assert.equal(one.embedding.length, wanted.length);
      // Rounded from a double, a number may end a last bit away from what it is rounded from its digits.
      one.embedding.forEach((value, index) => assert.ok(Math.abs(value - Math.fround(wanted[index])) <= Math.abs(value) * 1.2e-7, `${value} ${wanted[index]}`));
    });
    assert.notDeepEqual(packed.data[0].embedding, packed.data[1].embedding);
    assert.ok(packed.usage.total_tokens >= packed.usage.prompt_tokens);
  });
}

for (const model of RANKERS) {
  test(`${model}: the best comes first`, async () => {
    const answer = await client.post("/rerank", { body: { model, query: "red fox", documents: ["a dog", "a red fox", "a fox"], top_n: 2 } });
    assert.equal(answer.object, "list");
    assert.deepEqual(answer.results.map((one) => one.index), [1, 2]);
    assert.ok(answer.results[0].relevance_score > answer.results[1].relevance_score);
  });
}

test("mistral/mistral-moderation-2603: a text is judged", async () => {
  const answer = await client.moderations.create({ model: "mistral/mistral-moderation-2603", input: ["peace", "an attack"] });
  assert.deepEqual(answer.results.map((one) => one.flagged), [false, true]);
  assert.equal(answer.results[1].categories.violence, true);
  assert.ok(answer.results[1].category_scores.violence > 0.5);
});

for (const model of PAINTERS) {
  test(`${model}: a picture is made`, async () => {
    const answer = await client.images.generate({ model, prompt: "A fox" });
    assert.equal(answer.data.length, 1);
    const [{ b64_json, url }] = answer.data;
    assert.ok(url ? /^(https:|data:image)/.test(url) : Buffer.from(b64_json, "base64").includes("A fox"));
    assert.ok(answer.created > 1.5e9);
  });
}

for (const model of EDITORS) {
  test(`${model}: a picture is edited`, async () => {
    const answer = await client.images.edit({ model, prompt: "A hat", image: await picture() });
    assert.ok(answer.data[0].url || answer.data[0].b64_json);
  });
}

test("aws/amazon.nova-canvas-v1:0: a picture is varied", async () => {
  const answer = await client.images.createVariation({ model: "aws/amazon.nova-canvas-v1:0", image: await picture(), n: 2 });
  assert.equal(answer.data.length, 2);
});

for (const [model, [voice, form]] of Object.entries(SPEAKERS)) {
  test(`${model}: speech is made`, async () => {
    const answer = await client.audio.speech.create({ model, voice, input: "Hello – größer 🌍", response_format: form });
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.ok(bytes.subarray(0, 4).toString("latin1").startsWith(BEGINS[form]) && bytes.length > 1000);
    assert.match(answer.headers.get("content-type"), /^audio\//);
  });
}

for (const model of LISTENERS) {
  test(`${model}: a file is heard`, async () => {
    const answer = await client.audio.transcriptions.create({ model, file: await sound(), ...language(model) });
    assert.ok(answer.text.includes(`${SOUND.length} bytes`), answer.text);
    assert.ok(answer.text.includes(createHash("sha256").update(SOUND).digest("hex").slice(0, 12)), answer.text);
  });
}

for (const model of ["elevenlabs/scribe_v2", "deepgram/nova-3", "xai/grok-voice-transcribe-1.0", "groq/whisper-large-v3"]) {
  test(`${model}: words have their times`, async () => {
    const answer = await client.audio.transcriptions.create({
      model, file: await sound(), response_format: "verbose_json", timestamp_granularities: ["word"],
    });
    assert.ok(answer.words.length > 5 && answer.words.every((one) => one.end >= one.start));
  });

  test(`${model}: subtitles are made`, async () => {
    const answer = await client.audio.transcriptions.create({ model, file: await sound(), response_format: "vtt" });
    assert.match(answer, /^WEBVTT\n\n\d\d:\d\d:\d\d\.\d{3} --> /);
  });
}

for (const model of ["mistral/voxtral-mini-latest", "google-ai/gemini-2.5-flash"]) {
  test(`${model}: a transcription streams`, async () => {
    const events = await collect(await client.audio.transcriptions.create({ model, file: await sound(), stream: true }));
    assert.equal(events.at(-1).type, "transcript.text.done");
    assert.equal(events.filter((one) => one.type === "transcript.text.delta").map((one) => one.delta).join(""), events.at(-1).text);
  });
}

for (const model of ["groq/whisper-large-v3", "google-ai/gemini-2.5-flash"]) {
  test(`${model}: a file is translated`, async () => {
    const answer = await client.audio.translations.create({ model, file: await sound() });
    assert.ok(answer.text.includes("bytes"));
  });
}

test("what is wrong is told by name", async () => {
  const wrong = [
    [() => client.embeddings.create({ model: "cohere/embed-v4.0", input: [1, 2, 3] }), /^input/],
    [() => client.embeddings.create({ model: "cohere/embed-v4.0", input: Array(97).fill("A fox") }), /^input/],
    [() => client.audio.speech.create({ model: "elevenlabs/eleven_turbo_v2_5", voice: "nobody", input: "Hi" }), /^voice/],
    [() => client.images.generate({ model: "xai/grok-imagine-image", prompt: "A fox", n: 11 }), /^n$/],
    [async () => client.audio.transcriptions.create({ model: "google-ai/gemini-2.5-flash", file: await sound(), response_format: "srt" }), /^response_format/],
  ];
  for (const [ask, param] of wrong) {
    await assert.rejects(ask, (error) => error instanceof OpenAI.BadRequestError && param.test(error.param));
  }
});
