/** Dense Float64 kernels. */
export function scaleInPlace(n: i32, alpha: f64, x: usize): void {
  for (let i = 0; i < n; i++) {
    store<f64>(x + ((<usize>i) << 3), alpha * load<f64>(x + ((<usize>i) << 3)));
  }
}
