/** Text that goes into HTML or SVG, as text. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for an element or a quoted attribute. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c]!);

/** Escapes text and makes its web addresses links: the only addresses a report holds. */
export function linked(text: string): string {
  return escape(text).replace(/https?:\/\/[^\s<>()]+[^\s<>().,;]/g, (url) => `<a href="${url}">${url}</a>`);
}
