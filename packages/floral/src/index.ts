export { convolution, type ConvMethod, type Sides } from './adaptors/convolution.js';
export { startAdaptors, type Drawn } from './adaptors/start.js';
export { decodeShared, decodeUpdate, encodeShared, encodeUpdate } from './bytes.js';
export { centre } from './centre.js';
export {
  clientUpdate,
  cohortUpdate,
  personalOutputs,
  startClient,
  type ClientState,
  type Outcome,
  type Participant,
  type Update,
} from './client.js';
export { mlp, type Form, type MlpOptions } from './dense/mlp.js';
export { explain, type Explanation } from './explain.js';
export { fineTune, type FineTuneOptions } from './fine-tune.js';
export {
  layoutOf,
  stats,
  type AdaptorChoice,
  type BaseBlock,
  type FactorBlock,
  type Layer,
  type Layout,
  type LayoutOptions,
  type Part,
  type Stats,
  type VectorBlock,
} from './layout.js';
export { type Moments } from './local-step.js';
export { correct, lossOf, type Loss } from './loss.js';
export { merge, unmerge, type Mixed } from './merge.js';
export { method, trainingOf, type Method, type Routing, type Training, type TrainingOptions } from './method.js';
export { alternating } from './methods/alternating.js';
export { ditto } from './methods/ditto.js';
export { ensemble } from './methods/ensemble.js';
export { fedAvg } from './methods/fedavg.js';
export { fedEm } from './methods/fedem.js';
export { fedProx } from './methods/fedprox.js';
export { floralMethod } from './methods/floral.js';
export { ifca } from './methods/ifca.js';
export { localAdaptor } from './methods/local-adaptor.js';
export { localOnly } from './methods/local-only.js';
export { momentumClustering, thresholdClusters } from './methods/momentum-clustering.js';
export { privateModules } from './methods/private-modules.js';
export type { ClientData, Cohort, Gradients, Member, Model, Problem, Round, Shared, Sums, Weights } from './model.js';
export { precondition } from './precondition.js';
export { rankOf, type Rank, type RankRule } from './rank.js';
export { route, type RouteOptions } from './route.js';
export { emptyMixture, mix, routerGradient, routerOf, softmax, type Mixture, type Router, type RouterOptions } from './router.js'; // prettier-ignore
export { routeByResponsibilities } from './routing/em.js';
export { routeHard } from './routing/hard.js';
export { routeByLosses } from './routing/losses.js';
export { optimal } from './routing/optimal.js';
export { solveSpd } from './solve-spd.js';
export { addUpdate, averagesOf, emptySums, type Averaging } from './sums.js';
export { sweep, type Swept } from './sweep.js';
export { report, startShared, train, type Federation, type Report, type Run, type TrainOptions } from './train.js';
