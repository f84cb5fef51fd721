/** What was probably meant: names near in spelling, and names that others use for the same thing. */
import { editDistance, letters, maxLength, nearest } from "@adjoint/core/data/Nearest"

/**
 * Names from textbooks and other libraries, by their letters alone. Spelling distance does not find these:
 * `learning_rate` is further from `lr` than from anything.
 */
const synonyms: { readonly [letters: string]: ReadonlyArray<string> } = {
  learningrate: ["lr"],
  rate: ["lr"],
  eta: ["lr"],
  stepsize: ["lr"],
  alpha: ["lr", "slope"],
  neurons: ["units"],
  nodes: ["units"],
  hidden: ["units"],
  size: ["units", "n"],
  width: ["units"],
  outfeatures: ["units"],
  outputs: ["units"],
  batchsize: ["batch"],
  minibatch: ["batch"],
  nepochs: ["epochs"],
  warmup: ["epochs"],
  warmupepochs: ["warmup", "epochs"],
  warmupsteps: ["warmup", "epochs"],
  epochs: ["warmup"],
  numepochs: ["epochs"],
  iterations: ["epochs"],
  weightdecay: ["weight_decay", "l2"],
  wd: ["weight_decay", "l2"],
  decay: ["weight_decay"],
  minimum: ["min"],
  maximum: ["max"],
  lambda: ["l2", "weight_decay"],
  epsilon: ["eps"],
  gamma: ["momentum", "factor"],
  beta1: ["beta1", "momentum"],
  p: ["rate"],
  prob: ["rate"],
  probability: ["rate"],
  droprate: ["rate"],
  dropoutrate: ["rate"],
  negativeslope: ["alpha", "slope"],
  initializer: ["init"],
  weightinit: ["init"],
  kernelinitializer: ["init"],
  weightinitializer: ["init"],
  biasinitializer: ["bias_init"],
  usebias: ["bias"],
  act: ["activation"],
  nonlinearity: ["activation"],
  gradientclipping: ["clip_norm"],
  clip: ["clip_norm"],
  maxgradnorm: ["clip_norm"],
  clipgradnorm: ["clip_norm"],
  optimiser: ["optimizer"],
  opt: ["optimizer"],
  scheduler: ["schedule"],
  lrschedule: ["schedule"],
  criterion: ["loss"],
  objective: ["loss"],
  cost: ["loss"],
  randomseed: ["seed"],
  randomstate: ["seed"],
  validation: ["val"],
  regularization: ["regularize"],
  regularizer: ["regularize"],
  network: ["model"],
  net: ["model"],
  dataset: ["data"],
  training: ["train"],
  variables: ["vars"],
  version: ["schema"],
  title: ["name"],
  linear: ["identity", "dense"],
  fc: ["dense"],
  fullyconnected: ["dense"],
  none: ["identity"],
  logistic: ["sigmoid"],
  lrelu: ["leaky_relu"],
  heaviside: ["step"],
  threshold: ["step"],
  silu: ["swish"],
  glorot: ["xavier_uniform"],
  xavier: ["xavier_uniform"],
  glorotnormal: ["xavier_normal"],
  glorotuniform: ["xavier_uniform"],
  kaiming: ["he_normal"],
  he: ["he_normal"],
  kaimingnormal: ["he_normal"],
  kaiminguniform: ["he_uniform"],
  lecun: ["lecun_normal"],
  random: ["normal", "uniform"],
  gaussian: ["normal"],
  crossentropy: ["categorical_cross_entropy"],
  crossentropyloss: ["categorical_cross_entropy"],
  categoricalcrossentropy: ["categorical_cross_entropy"],
  softmaxcrossentropy: ["categorical_cross_entropy"],
  nll: ["categorical_cross_entropy"],
  logloss: ["binary_cross_entropy"],
  bce: ["binary_cross_entropy"],
  cce: ["categorical_cross_entropy"],
  meansquarederror: ["mse"],
  l2loss: ["mse"],
  meanabsoluteerror: ["mae"],
  gradientdescent: ["sgd"],
  gd: ["sgd"],
  nag: ["nesterov"],
  acc: ["accuracy"],
  auc: ["auroc"],
  rocauc: ["auroc"],
  prauc: ["auprc"],
  averageprecision: ["auprc"],
  f1score: ["f1"],
  rsquared: ["r2"],
  topkaccuracy: ["top_k"],
  earlystopping: ["early_stop"],
  modelcheckpoint: ["checkpoint"],
  saver: ["checkpoint"],
  skip: ["add"],
  residual: ["add"],
  sum: ["add"],
  concatenate: ["concat"],
  output: ["head"],
  categorical: ["category"],
  numeric: ["number"],
  float: ["number"],
  standardize: ["standard"],
  normalize: ["standard", "unit"],
  drop: ["ignore", "dropout"],
  skipcolumn: ["ignore"],
}

/**
 * The candidate that was probably meant: spelt alike, called so elsewhere, or near in spelling. `undefined` when there is none.
 *
 * `suggest("learningrate", ["lr", "momentum"]) // => "lr"`
 */
export const suggest = (word: string, candidates: ReadonlyArray<string>): string | undefined => {
  const [near] = nearest(word, candidates)
  const bare = letters(word)
  if (near !== undefined && letters(near) === bare) return near
  const known = Object.hasOwn(synonyms, bare) ? (synonyms[bare] ?? []) : []
  return known.find((name) => candidates.includes(name)) ?? near
}

/** The candidates by nearness, at most `limit` of them: for a list too long to print. */
export const nearestNames = (word: string, candidates: ReadonlyArray<string>, limit: number): ReadonlyArray<string> =>
  word.length > maxLength
    ? candidates.slice(0, limit)
    : candidates
        .map((candidate) => [editDistance(letters(word), letters(candidate)), candidate] as const)
        .toSorted((a, b) => a[0] - b[0])
        .slice(0, limit)
        .map(([, candidate]) => candidate)

/** Names as a list in a sentence. `listed(["a", "b", "c"]) // => "`a`, `b` or `c`"` */
export const listed = (names: ReadonlyArray<string>, last = "or"): string => {
  const quoted = names.map((name) => `\`${name}\``)
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} ${last} ${quoted.at(-1)}`
}
