/**
 * What the benchmark uses of its peers, which are installed only when it is run: the type check must do without them.
 * Where they are installed, these declarations come before their own.
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
    mean(): Array
    reshape(shape: ReadonlyArray<number>): Array
    data(): Promise<Float32Array>
    dispose(): void
  }

  export const init: (device: "wasm") => Promise<unknown>
  export const defaultDevice: (device: "wasm") => unknown
  export const jit: <Arguments extends ReadonlyArray<unknown>, Y>(f: (...args: Arguments) => Y) => (...args: Arguments) => Y
  export const valueAndGrad: <X, Rest extends ReadonlyArray<unknown>>(
    f: (x: X, ...rest: Rest) => Array,
  ) => (x: X, ...rest: Rest) => readonly [value: Array, grad: X]
  export const numpy: {
    array(values: number | Float32Array | Int32Array): Array
    zeros(shape: ReadonlyArray<number>): Array
    matmul(x: Array, y: Array): Array
    subtract(x: Array | number, y: Array | number): Array
    sqrt(x: Array): Array
  }
  export const nn: {
    relu(x: Array): Array
    logSoftmax(x: Array, axis: number): Array
    oneHot(x: Array, classes: number): Array
  }
}

declare module "@tensorflow/tfjs" {
  interface Tensor {
    dataSync(): Float32Array
    dispose(): void
  }

  export const version: { readonly tfjs: string }
  export const setBackend: (name: string) => Promise<boolean>
  export const tensor1d: (values: Float32Array | Int32Array, dtype?: "int32") => Tensor
  export const tensor2d: (values: Float32Array, shape: readonly [number, number]) => Tensor
  export const variable: (initial: Tensor) => Tensor
  export const oneHot: (indices: Tensor, depth: number) => Tensor
  export const matMul: (a: Tensor, b: Tensor) => Tensor
  export const fused: {
    matMul(options: {
      readonly a: Tensor
      readonly b: Tensor
      readonly bias: Tensor
      readonly activation: "relu" | "linear"
    }): Tensor
  }
  export const losses: { softmaxCrossEntropy(target: Tensor, logits: Tensor): Tensor }
  export const train: {
    adam(rate: number, beta1: number, beta2: number, epsilon: number): { minimize(loss: () => Tensor, returnCost: true): Tensor }
  }
}

declare module "@tensorflow/tfjs-backend-wasm" {
  export const getThreadsCount: () => number
}
