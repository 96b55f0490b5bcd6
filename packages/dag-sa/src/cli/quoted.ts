/** Names in arguments and files, in double quotes where they hold what stands between names. */

/** Parts of a text between separators outside double quotes, without these and without space around. */
export function parts(text: string, separator: string): string[] {
  const out: string[] = [];
  let [quoted, from] = [false, 0];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    if (quoted || !text.startsWith(separator, at)) continue;
    out.push(text.slice(from, at));
    from = at + separator.length;
    at = from - 1;
  }
  out.push(text.slice(from));
  return out.map((part) => part.trim());
}

/** A name without its quotes. */
export function unquoted(name: string): string {
  return name.length > 1 && name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1) : name;
}
