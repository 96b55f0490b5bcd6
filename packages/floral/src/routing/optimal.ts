/** π*: the router of a client whose cluster is known. */
import { integer, invalid } from '@assay-ml/numerics/check';

/**
 * θ of a client of this cluster: 0 there and −100 elsewhere, as published.
 * @param cluster 0, …, C − 1; the paper's is k mod C
 * @throws RangeError for a cluster that is none
 */
export function optimal(cluster: number, clusters: number): Float64Array {
  integer('optimal', 'clusters', clusters, 1);
  if (!(Number.isSafeInteger(cluster) && cluster >= 0 && cluster < clusters)) {
    throw invalid('optimal', 'cluster', cluster, `an integer from 0 to ${clusters - 1}`, 'Take it modulo C.');
  }
  const theta = new Float64Array(clusters).fill(-100);
  theta[cluster] = 0;
  return theta;
}
