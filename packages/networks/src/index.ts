export type { BufferSpec, Network, ParameterSpec, Role, StatisticsSink } from './network.js';
