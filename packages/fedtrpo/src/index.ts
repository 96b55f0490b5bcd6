export { gradientDescent, type Gradient, type GradientDescentOptions } from './gradient-descent.js';
