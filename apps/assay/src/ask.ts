/** A question to the person at the terminal. */
import { createInterface } from 'node:readline';

/**
 * Asks for yes or no.
 * @param question ends with a space
 * @param input where the answer is typed
 * @param output where the question stands
 * @param onInterrupt called for Ctrl-C, which a terminal that is being read does not turn into a signal
 * @returns true for `y` or `yes`; false for any other line, the end of the input, and Ctrl-C
 */
export async function ask(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  onInterrupt: () => void,
): Promise<boolean> {
  const terminal = createInterface({ input, output });
  terminal.on('SIGINT', () => {
    onInterrupt();
    terminal.close();
  });
  terminal.setPrompt(question);
  terminal.prompt();
  for await (const line of terminal) {
    terminal.close();
    return /^y(es)?$/i.test(line.trim());
  }
  return false;
}
