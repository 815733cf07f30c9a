// Reads {name: body of a streamed chat} from standard input and writes what OpenAI's Node SDK makes of each.
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';

let given = '';
for await (const piece of process.stdin) given += piece;
const made = {};
for (const [name, body] of Object.entries(JSON.parse(given))) {
  // Each event is one line of data.
  const lines = body.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data: {'));
  const chunks = lines.map((line) => line.slice(6) + '\n');
  try {
    const stream = ChatCompletionStream.fromReadableStream(new Blob(chunks).stream());
    const { choices, usage } = await stream.finalChatCompletion();
    made[name] = {
      usage: usage ?? null,
      choices: choices.map(({ message, finish_reason }) => ({
        finish_reason,
        content: message.content ?? '',
        refusal: message.refusal ?? '',
        calls: (message.tool_calls ?? []).map(({ id, type, function: { name, arguments: text } }) => [id, type, name, text]),
      })),
    };
  } catch (error) {
    made[name] = { error: String(error) };
  }
}
process.stdout.write(JSON.stringify(made));
