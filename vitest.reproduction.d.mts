/**
 * The tests every reproduction shares; see vitest.reproduction.mjs.
 * @param test `import.meta.url` of a file in the reproduction's `test` folder
 */
export function contract(test: string): void;
