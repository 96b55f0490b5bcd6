/** The methods that are compared, from a configuration that is plain data. */
import { adamMini, adamw, apollo, apolloMini, badam, fira, frugal, galore, type Group, lion, lora, type Method, muon, type Rate, sgdm, signSgd } from '@assay-ml/frugal-opt'; // prettier-ignore

/** A method with the options in which it differs from the rest; rho .25 and T 100 unless given. */
export type MethodConfig = {
  readonly method: keyof typeof METHODS;
  readonly [option: string]: string | number | boolean | readonly string[] | readonly Group[];
};

const plain = <O extends { rate: Rate }>(make: (options: O) => Method) => make as unknown as (o: object) => Method;

export const METHODS = {
  AdamW: plain(adamw),
  FRUGAL: plain(frugal),
  signSGD: plain(signSgd),
  GaLore: plain(galore),
  BAdam: plain(badam),
  Fira: plain(fira),
  APOLLO: plain(apollo),
  'APOLLO-Mini': plain(apolloMini),
  LoRA: plain(lora),
  Lion: plain(lion),
  SGDM: plain(sgdm),
  Muon: plain(muon),
  'Adam-mini': plain(adamMini),
};

/** Those that have subspaces, which are drawn anew every T steps. */
const PERIODIC = ['FRUGAL', 'GaLore', 'BAdam', 'Fira', 'APOLLO', 'APOLLO-Mini'];

/** Columns are the authors', of kernels [out, in]: where kernels are [in, out], they are rows. */
const TRANSPOSED: Readonly<Record<string, string>> = { columns: 'rows', rows: 'columns', left: 'right', right: 'left' };

/** The optimiser of a configuration. */
export function methodOf(
  { method, ...options }: MethodConfig,
  rate: Rate,
  seed: number,
  layout: 'out-in' | 'in-out',
): Method {
  const own = Object.entries(options).map(([name, value]) => [name, layout === 'in-out' && (name === 'projector' || name === 'side') ? (TRANSPOSED[String(value)] ?? value) : value]); // prettier-ignore
  return METHODS[method]({ ...(PERIODIC.includes(method) ? { period: 100, seed } : {}), ...Object.fromEntries(own), rate }); // prettier-ignore
}
