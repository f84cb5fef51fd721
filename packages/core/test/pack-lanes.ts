/** Before the tests of a file: asks V8 to pack lanes, so that what it optimizes meanwhile is packed. */
import { packsLanes } from "../src/backend/wasm/assembler/hostLanes.ts"

packsLanes()
