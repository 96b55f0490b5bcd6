import ts from 'typescript';

/** The blocks of TypeScript in a README. */
export const examplesIn = (readme) => [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]);

/** What an example says that it prints: `// → …` behind a line. */
export const promisedBy = (example) => [...example.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1]);

/** TypeScript as a script with `require`. */
export const asScript = (code) =>
  ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } })
    .outputText;

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor;

/**
 * Runs an example and gives back what it printed by console.log.
 * @param {string} example
 * @param {Readonly<Record<string, unknown>>} modules by the names it imports them by
 * @returns {Promise<string[]>}
 */
export async function printedBy(example, modules) {
  const printed = [];
  const log = (...words) => printed.push(words.map(String).join(' '));
  await new AsyncFunction('require', 'exports', 'console', asScript(example))((name) => modules[name], {}, { log });
  return printed;
}
