/** Names of the schemes. */
export const SCHEMES = ['pytorch', 'uniform', 'he', 'xavier', 'normal'] as const;

/**
 * How kernels and biases start; scales are 1 and offsets 0 in all of them. Embeddings are standard normal, as `nn.Embedding`,
 * but in `normal`.
 *
 * | scheme | kernel | bias |
 * |---|---|---|
 * | `pytorch` | uniform, ±1/√fanIn: what `nn.Linear` and `nn.Conv2d` do by default | the same |
 * | `uniform` | uniform, ±1.7/√fanIn: the MLP of FTS pruning's quick plan | 0 |
 * | `he` | normal, standard deviation √(2/fanIn) | 0 |
 * | `xavier` | uniform, ±√(6/(fanIn + fanOut)) | 0 |
 * | `normal` | normal, standard deviation 0.02, embeddings too: what BERT and LLaMA start with | 0 |
 */
export type Scheme = (typeof SCHEMES)[number];
