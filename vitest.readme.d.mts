/** The blocks of TypeScript in a README. */
export function examplesIn(readme: string): string[];
/** What an example says that it prints: `// → …` behind a line. */
export function promisedBy(example: string): string[];
/** TypeScript as a script with `require`. */
export function asScript(code: string): string;
/** Runs an example, with modules by the names it imports them by, and gives back what it printed by console.log. */
export function printedBy(example: string, modules: Readonly<Record<string, unknown>>): Promise<string[]>;
