/**
 * Restricted Boltzmann machines (Smolensky, 1986, as the harmonium): two layers of units that learn what their data is
 * like without being told what it is of. Stacked, each on the hidden units of the one before, they are a deep belief
 * network (Hinton, Osindero and Teh, A fast learning algorithm for deep belief nets, 2006).
 */
export * from "./rbm/contrast.ts"
export * from "./rbm/entries.ts"
export * from "./rbm/model.ts"
