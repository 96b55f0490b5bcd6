/** The names of what is compared; nothing that computes is imported here. */

/** Methods with a score of their own, as the tables name them. */
export const METHODS = [
  'random',
  'magnitude',
  'gn',
  'snip',
  'grasp',
  'grasp-original',
  'fd',
  'fp',
  'fts',
  'fts-taylor',
  'fbss',
  'synflow',
  'hd',
  'hp',
  'hts',
] as const;
export type Method = (typeof METHODS)[number];

/** What happens before scoring: nothing, one dense epoch of the training itself, or a pass that renews running statistics. */
export type WarmUp = 'none' | 'epoch' | 'bn-stats';
