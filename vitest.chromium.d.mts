/** The browser's file; undefined where there is none. */
export const chromium: string | undefined;
/** Bundles a TypeScript module, runs it in a page of headless Chromium, and gives back what it printed by console.log. */
export function printedInChromium(script: string): Promise<string[]>;
/** Serves a folder and opens it in headless Chromium until the page posts its result, which is given back. */
export function opened(
  dist: string,
  profile: string,
  headers?: Readonly<Record<string, string>>,
  missing?: RegExp,
): Promise<string>;
/** Opens a page in headless Chromium until its result is there, which is given back. */
export function visited(url: string, profile: string, result: Promise<string>): Promise<string>;
