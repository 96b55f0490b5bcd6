/** A table behind its title: long ones do not stand in the way, wide ones scroll. */
import { escape } from './markup.js';

/**
 * A table that opens.
 * @param title what stands on it, with `size` beside it
 * @param label accessible name of the table
 * @param rows its head and body, as HTML
 */
export function folded(title: string, size: string, label: string, rows: string): string {
  return `<details><summary>${escape(title)} <span class="tag">${size}</span></summary><div class="scroll" tabindex="0" role="region" aria-label="${escape(label)}"><table>${rows}</table></div></details>`;
}
