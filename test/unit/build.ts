import { type RunnerTestCase as Test, TestRunner } from 'vitest'
import { attempt } from '../../src/core/attempt.ts'
import type { Feature, Features } from '../../src/core/variants.ts'
import { neededFeatures } from '../../src/server/pick-variant.ts'
import { publicConfig } from '../../src/server/public-config.ts'
import { readRules } from '../../src/tiktok/rules.ts'
import type { Config } from '../../src/types.ts'
import { pixelId } from '../cases/case.ts'

/** The features of the build under test. The unit tests run once for each build of the script. */
declare const FEATURES: Features

export const has = (feature: Feature): boolean => FEATURES[feature]

/** Skips the calling test, with the reason, if the build under test lacks a feature. */
export function need(...features: Feature[]): void {
  const missing = features.filter((feature) => !has(feature))
  if (missing[0]) TestRunner.getCurrentTest<Test>().context.skip(`this build has no ${missing.join(', no ')}`)
}

/** The relay of a page, for tests that compare pages with and without one. */
export const relayIfAny: Partial<Config> = has('relay') ? { relay: '/relay' } : {}

/**
 * A config as the build under test receives it: in a forwarder's form if the build does not check mappings. Skips the test
 * if the build lacks a feature that the config needs.
 */
export function forThisBuild<Given extends Partial<Config>>(config: Given): Given {
  const needed = attempt(() => neededFeatures(config))
  if (needed?.filters) need('filters')
  if (config.relay !== undefined) need('relay')
  if (needed?.pageLoads) need('pageLoads')
  if (has('mapping') || config.mapping === undefined) return config
  const isServable = attempt(() => readRules({ pixelId, relay: '/', ...config })) !== undefined
  if (!isServable) need('mapping')
  return { ...config, mapping: publicConfig({ pixelId, ...config }).mapping }
}
