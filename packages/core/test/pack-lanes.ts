/** Before the tests of a file: asks V8 to pack lanes, so that what it optimizes meanwhile is packed, and makes wide lanes the default. */
import { lanesVariable, packsLanes } from "../src/backend/wasm/assembler/hostLanes.ts"

packsLanes()
process.env[lanesVariable] = "256"
