/** Names in arguments and files, in double quotes where they hold what stands between names. */

/** Parts of a text between separators outside double quotes, without these and without space around. */
export function parts(text: string, separator: string): string[] {
  const out = [''];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    if (quoted || !text.startsWith(separator, at)) {
      out[out.length - 1] += text[at]!;
      continue;
    }
    out.push('');
    at += separator.length - 1;
  }
  return out.map((part) => part.trim());
}

/** A name without its quotes. */
export function unquoted(name: string): string {
  return name.length > 1 && name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1) : name;
}
