/** Shapes of the LLaMA configurations that the authors train, by name. */
import { oneOf } from '@assay-ml/numerics/check';
import type { Parameter } from './method.js';

/** Width, feed-forward width, heads and layers of the authors' configurations; vocabulary 32,000, untied output. */
export const LLAMA = {
  '9M': [128, 352, 4, 4],
  '60M': [512, 1376, 8, 8],
  '130M': [768, 2048, 12, 12],
  '350M': [1024, 2736, 16, 24],
  '1B': [2048, 5461, 32, 24],
  '3B': [2560, 6848, 32, 32],
  '7B': [4096, 11008, 32, 32],
} as const satisfies Readonly<Record<string, readonly [width: number, hidden: number, heads: number, layers: number]>>;

/** A size. */
export type LlamaName = keyof typeof LLAMA;

const VOCABULARY = 32_000;

/**
 * The tensors of a LLaMA configuration, with Hugging Face's names and PyTorch's shapes, [out, in].
 * @throws RangeError for a name that is none
 */
export function llamaShapes(name: LlamaName): Parameter[] {
  const [h, ffn, , layers] = LLAMA[oneOf('llamaShapes', 'name', name, Object.keys(LLAMA) as LlamaName[])];
  const kernel = (path: string, out: number, inner: number): Parameter => ({
    name: `${path}.weight`,
    shape: [out, inner],
    role: 'kernel',
  });
  const norm = (path: string): Parameter => ({ name: `${path}.weight`, shape: [h], role: 'norm-scale' });
  return [
    { name: 'model.embed_tokens.weight', shape: [VOCABULARY, h], role: 'embedding' },
    ...Array.from({ length: layers }, (_, l) => {
      const at = `model.layers.${l}`;
      return [
        ...['q', 'k', 'v', 'o'].map((p) => kernel(`${at}.self_attn.${p}_proj`, h, h)),
        kernel(`${at}.mlp.gate_proj`, ffn, h),
        kernel(`${at}.mlp.up_proj`, ffn, h),
        kernel(`${at}.mlp.down_proj`, h, ffn),
        norm(`${at}.input_layernorm`),
        norm(`${at}.post_attention_layernorm`),
      ];
    }).flat(),
    norm('model.norm'),
    { name: 'lm_head.weight', shape: [VOCABULARY, h], role: 'output' },
  ];
}
