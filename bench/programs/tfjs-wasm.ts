/** A minimal program that trains with TensorFlow.js in WebAssembly: exclusive or. */
import "@tensorflow/tfjs-backend-wasm"
import { setBackend } from "@tensorflow/tfjs-core"
import { train } from "./tfjs.ts"

await setBackend("wasm")
train()
