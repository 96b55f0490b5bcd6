/** Until `gemm` of numerics is there. C ← αAB + βC with A or B transposed, row-major; C is [m, n], the sum runs over k. */
export function gemm(
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: Float64Array,
  b: Float64Array,
  beta: number,
  c: Float64Array,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a[transA ? l * m + i : i * k + l]! * b[transB ? j * k + l : l * n + j]!;
      c[i * n + j] = alpha * sum + (beta === 0 ? 0 : beta * c[i * n + j]!);
    }
  }
}
