/** A word of a line to paste into a shell, quoted where it must be. */
export function shellWord(text: string): string {
  if (/^[\p{L}\p{N}_./@:=+-]+$/u.test(text)) return text;
  return /["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`;
}
