/**
 * Declarations of the peers and tools that the benchmark uses. They are installed only for a run, and the type check must work
 * without them. If they are installed, these declarations have priority over their own.
 */

declare module "@jax-js/jax" {
  export interface Array {
    readonly ref: Array
    readonly shape: ReadonlyArray<number>
    add(y: Array | number): Array
    sub(y: Array | number): Array
    mul(y: Array | number): Array
    div(y: Array | number): Array
    sum(axis?: number): Array
    mean(axis?: number): Array
    astype(dtype: "float32"): Array
    reshape(shape: ReadonlyArray<number>): Array
    transpose(axes: ReadonlyArray<number>): Array
    slice(...index: ReadonlyArray<number | readonly [] | readonly [number, number]>): Array
    data(): Promise<Float32Array>
    blockUntilReady(): Promise<Array>
    dispose(): void
  }

  type Gradient<X, Value> = readonly [value: Value, grad: X]

  export const init: (device: "wasm") => Promise<unknown>
  export const defaultDevice: (device: "wasm") => unknown
  export const jit: <Arguments extends ReadonlyArray<unknown>, Y>(f: (...args: Arguments) => Y) => (...args: Arguments) => Y
  export const valueAndGrad: {
    <X, Rest extends ReadonlyArray<unknown>>(f: (x: X, ...rest: Rest) => Array): (x: X, ...rest: Rest) => Gradient<X, Array>
    <X, Rest extends ReadonlyArray<unknown>, Value extends readonly [Array, unknown]>(
      f: (x: X, ...rest: Rest) => Value,
      options: { readonly hasAux: true },
    ): (x: X, ...rest: Rest) => Gradient<X, Value>
  }
  export const numpy: {
    readonly float32: "float32"
    readonly int32: "int32"
    array(values: number | Float32Array | Int32Array): Array
    split(x: Array, sections: number, axis: number): ReadonlyArray<Array>
    zeros(shape: ReadonlyArray<number>): Array
    matmul(x: Array, y: Array): Array
    subtract(x: Array | number, y: Array | number): Array
    equal(x: Array, y: Array): Array
    argmax(x: Array, axis: number): Array
    max(x: Array): Array
    sqrt(x: Array): Array
    square(x: Array): Array
    take(x: Array, indices: Array, axis: number): Array
    exp(x: Array): Array
    log(x: Array): Array
    tanh(x: Array): Array
  }
  export const nn: {
    relu(x: Array): Array
    sigmoid(x: Array): Array
    softmax(x: Array, axis: number): Array
    logSoftmax(x: Array, axis: number): Array
    oneHot(x: Array, classes: number): Array
    gelu(x: Array, options: { readonly approximate: boolean }): Array
    standardize(x: Array, axis: number | ReadonlyArray<number>): Array
    dotProductAttention(query: Array, key: Array, value: Array, options: { readonly isCausal: boolean }): Array
  }
  export const lax: {
    convGeneralDilated(x: Array, kernel: Array, strides: ReadonlyArray<number>, padding: "SAME" | "VALID"): Array
    reduceWindow(x: Array, f: (x: Array) => Array, window: ReadonlyArray<number>, strides: ReadonlyArray<number>): Array
  }
  export const random: {
    key(seed: number): Array
    normal(key: Array, shape: ReadonlyArray<number>): Array
  }
}

declare module "@tensorflow/tfjs-core" {
  export interface Tensor {
    readonly shape: ReadonlyArray<number>
    dataSync(): Float32Array
    dispose(): void
  }

  export interface Variable extends Tensor {
    assign(value: Tensor): void
  }

  type Unary = (x: Tensor) => Tensor
  type Binary = (x: Tensor, y: Tensor | number) => Tensor

  export const setBackend: (name: string) => Promise<boolean>
  export const tensor: (values: Float32Array | Int32Array, shape: ReadonlyArray<number>, dtype?: "int32" | "float32") => Tensor
  export const zeros: (shape: ReadonlyArray<number>) => Tensor
  export const randomNormal: (shape: ReadonlyArray<number>) => Tensor
  export const variable: (initial: Tensor) => Variable
  export const keep: Unary
  export const tidy: <Y>(f: () => Y) => Y
  export const dispose: (tensors: ReadonlyArray<Tensor>) => void
  export const oneHot: (indices: Tensor, depth: number) => Tensor
  export const gather: (x: Tensor, indices: Tensor) => Tensor
  export const reshape: (x: Tensor, shape: ReadonlyArray<number>) => Tensor
  export const cast: (x: Tensor, dtype: "int32") => Tensor
  export const matMul: (a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean) => Tensor
  export const transpose: (x: Tensor, axes: ReadonlyArray<number>) => Tensor
  export const unstack: (x: Tensor, axis: number) => ReadonlyArray<Tensor>
  export const split: (x: Tensor, sections: number, axis: number) => ReadonlyArray<Tensor>
  export const moments: (
    x: Tensor,
    axes: number | ReadonlyArray<number>,
    keepDims?: boolean,
  ) => { readonly mean: Tensor; readonly variance: Tensor }
  export const batchNorm: (x: Tensor, mean: Tensor, variance: Tensor, offset: Tensor, scale: Tensor, epsilon: number) => Tensor
  export const conv2d: (x: Tensor, filter: Tensor, strides: number, pad: "same" | "valid") => Tensor
  export const maxPool: (x: Tensor, window: number, strides: number, pad: "valid") => Tensor
  export const argMax: (x: Tensor, axis: number) => Tensor
  export const sum: Unary
  export const mean: (x: Tensor, axis?: number) => Tensor
  export const erf: Unary
  export const relu: Unary
  export const rsqrt: Unary
  export const softmax: Unary
  export const sigmoid: Unary
  export const tanh: Unary
  export const exp: Unary
  export const log: Unary
  export const sqrt: Unary
  export const add: Binary
  export const sub: Binary
  export const mul: Binary
  export const equal: Binary
  export const fused: {
    matMul(options: {
      readonly a: Tensor
      readonly b: Tensor
      readonly bias: Tensor
      readonly activation: "linear" | "relu" | "sigmoid"
    }): Tensor
    conv2d(options: {
      readonly x: Tensor
      readonly filter: Tensor
      readonly strides: number
      readonly pad: "same" | "valid"
      readonly bias: Tensor
      readonly activation: "relu"
    }): Tensor
  }
  export const losses: {
    softmaxCrossEntropy(target: Tensor, logits: Tensor): Tensor
    meanSquaredError(target: Tensor, output: Tensor): Tensor
  }
  type Gradients = ReadonlyArray<Tensor> & { readonly [variable: string]: Tensor }
  export const variableGrads: (loss: () => Tensor) => { readonly value: Tensor; readonly grads: Gradients }
  export const util: { createShuffledIndices(n: number): Uint32Array }
  export const train: {
    adam(
      rate: number,
      beta1?: number,
      beta2?: number,
      epsilon?: number,
    ): {
      minimize(loss: () => Tensor, returnCost: true): Tensor
      applyGradients(grads: Gradients): void
      dispose(): void
    }
  }
}

declare module "@tensorflow/tfjs-core/dist/register_all_gradients.js"

declare module "@tensorflow/tfjs" {
  export * from "@tensorflow/tfjs-core"
  export const version: { readonly tfjs: string }
}

declare module "@tensorflow/tfjs-backend-cpu"

declare module "@tensorflow/tfjs-backend-wasm" {
  export const getThreadsCount: () => number
}

declare module "d3-scale" {
  export const scaleLog: (domain: readonly [number, number], range: readonly [number, number]) => (x: number) => number
}

declare module "d3-shape" {
  export const line: <Point>(x: (point: Point) => number, y: (point: Point) => number) => (points: Array<Point>) => string | null
}

declare module "csv-parse" {
  export const parse: (options: {
    readonly from_line: number
    readonly cast: (text: string) => number
  }) => NodeJS.ReadWriteStream & AsyncIterable<unknown>
}

declare module "papaparse" {
  const Papa: {
    readonly parse: <Row>(
      text: string,
      options: { readonly dynamicTyping: boolean; readonly skipEmptyLines: boolean },
    ) => { readonly data: ReadonlyArray<Row> }
  }
  export = Papa
}
