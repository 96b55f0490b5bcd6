import { overwrites } from '@assay-ml/numerics/check';

/** An oracle: writes something of one client at `x` to `out`; `more` is what else it needs. */
type Oracle<More> = (client: number, x: Float64Array, out: Float64Array, more: More) => unknown;

/**
 * The same oracle, looked at in each client's first call: one that does not write to `out` is refused, for what is there
 * would pass for its gradient.
 * @param where what errors call it
 * @param n number of clients
 */
export function watched<More = void>(
  where: string,
  n: number,
  oracle: Oracle<More>,
): (client: number, x: Float64Array, out: Float64Array, more: More) => void {
  const seen = new Uint8Array(n);
  return (client, x, out, more) => {
    if (seen[client] === 1) {
      oracle(client, x, out, more);
      return;
    }
    overwrites(where, out, () => oracle(client, x, out, more), 'fromReturning() takes oracles that return arrays.');
    seen[client] = 1;
  };
}
