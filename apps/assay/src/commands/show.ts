/** `assay show`: a paper's claims, one claim with its cells, or one cell with its trace; imports what that needs. */
import { nearest, type ExitCode, type Tier } from '@assay-ml/claims';
import { isPath } from '../catalogue.js';
import { missingKeys, reproductionsNamed, type Io } from '../io.js';
import { UsageError } from '../usage-error.js';
import { showCell } from './show-cell.js';
import { showClaim, showClaims } from './show-claim.js';

/**
 * Shows what a name means, with `paper` of that reproduction alone: a key, project, package or path; a claim, `<key>.<claim>`; else a cell.
 * @throws UsageError when it is none; it lists near names
 */
export async function showCommand(
  io: Io,
  what: string,
  { tier, paper }: { readonly tier: Tier; readonly paper?: string },
): Promise<ExitCode> {
  const installed = io.catalogue.installed();
  const known = installed.flatMap(({ key, project, name }) => [key, project, name]);
  const [key = ''] = what.split('.', 1);
  if (isPath(what) || known.includes(what) || missingKeys(io.catalogue, what).length > 0) {
    for (const loaded of await reproductionsNamed(io, what)) showClaims(io, loaded);
    return 0;
  }
  const named = paper === undefined ? undefined : await reproductionsNamed(io, paper);
  if (/^[0-9a-f]{1,16}$/.test(what)) return showCell(io, what, named);
  if (named !== undefined) {
    const own = named.find(({ reproduction }) => reproduction.key === key) ?? named[0]!;
    return showClaim(io, own, what, tier);
  }
  const found = installed.find((one) => one.key === key);
  if (found !== undefined) return showClaim(io, await io.catalogue.load(found), what, tier);
  if (missingKeys(io.catalogue, key).length > 0) await reproductionsNamed(io, key); // says how to install it
  const near = nearest(key, [...new Set(known)]);
  throw new UsageError(
    `show is given '${what}'; must be a key, a claim such as local.C3, or the beginning of a cell's id (hexadecimal digits, first column of cells.csv). ` +
      (near.length === 0 ? 'Nothing is installed here.' : `Near names: ${near.join(', ')}.`),
  );
}
