/** A minimal program that trains with TensorFlow.js in plain JavaScript: exclusive or. */
import "@tensorflow/tfjs-backend-cpu"
import { setBackend } from "@tensorflow/tfjs-core"
import { train } from "./tfjs.ts"

await setBackend("cpu")
train()
