/** The browser's file; undefined where there is none. */
export const chromium: string | undefined;
/** Bundles a TypeScript module, runs it in a page of headless Chromium, and gives back what it printed by console.log. */
export function printedInChromium(script: string): Promise<string[]>;
