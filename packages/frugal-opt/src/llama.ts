/** Shapes of the LLaMA configurations that the authors train, by name. */
import { huggingFaceShapes, llama, LLAMA, type LlamaName } from '@assay-ml/networks';
import { oneOf } from '@assay-ml/numerics/check';
import type { Parameter } from './method.js';

export { LLAMA, type LlamaName };

/**
 * The tensors of a LLaMA configuration, with Hugging Face's names and PyTorch's shapes, [out, in].
 * @throws RangeError for a name that is none
 */
export function llamaShapes(name: LlamaName): Parameter[] {
  return huggingFaceShapes(llama(oneOf('llamaShapes', 'name', name, Object.keys(LLAMA) as LlamaName[])));
}
