import { catalogue } from './catalogue.js';
import { readFiles, type FolderOptions } from './files.js';

/** The files of a trained model. */
export interface ModelFiles {
  /** What a result says was used. */
  readonly title: string;
  /** A safetensors file: `decodeSafetensors` of `@assay-ml/networks` reads it. */
  readonly weights: Uint8Array;
  /** A `tokenizer.json`: `readTokenizer` reads it. */
  readonly tokenizer: Uint8Array;
  /** The sizes of the network, as Hugging Face names them, e.g. `hidden_size`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Loads all-MiniLM-L6-v2 (sentence-transformers; Wang et al. 2020, Reimers and Gurevych 2019; Apache-2.0), a BERT of six
 * layers of width 384 whose mean over a sentence's tokens is the sentence's embedding. Nothing is downloaded: see `locate`
 * for where its files are looked for and `downloadDataset` to get them.
 * @throws DataMissing when the files are not on this machine; DataCorrupt when they are not the published bytes
 */
export async function allMiniLM(options: FolderOptions = {}): Promise<ModelFiles> {
  const [weights, tokenizer, config] = await readFiles('allMiniLM', 'all-MiniLM-L6-v2', options);
  return {
    title: catalogue['all-MiniLM-L6-v2'].name,
    weights: weights!,
    tokenizer: tokenizer!,
    config: JSON.parse(new TextDecoder().decode(config)) as Record<string, unknown>,
  };
}
