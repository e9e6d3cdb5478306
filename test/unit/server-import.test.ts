import { expect, test, vi } from 'vitest'

test('on a server, importing the package changes no global, and an instance skips every event', async () => {
  expect(typeof window).toBe('undefined')
  const globals = Reflect.ownKeys(globalThis)

  vi.resetModules() // another test file of this worker may have imported it
  const { createConverge, ...others } = await import('../../src/index.ts')
  const config = { pixelId: 'CJQBODJC77UB4MRTGFRF' }
  const converge = createConverge(config)
  expect(converge.track('Placed Order', { id: 1 })).toEqual({
    status: 'skipped',
    reason: 'no_window',
    eventName: 'Placed Order',
    eventID: '1',
    destinationEvents: [],
  })
  converge.set({ profileProperties: { $email: 'jane@shop.test' } })
  converge.consent({ marketing: 'granted' })
  expect(converge.context()).toEqual({ url: '', userAgent: '', consent: {} })
  const heard: unknown[] = []
  converge.on('state', (state) => heard.push(state))()
  expect(heard).toEqual([])

  expect(Reflect.ownKeys(globalThis)).toEqual(globals)
  expect(others).toEqual({})
})

test('on a server, requests do not share instances', async () => {
  const { createConverge } = await import('../../src/index.ts')
  const config = { pixelId: 'CJQBODJC77UB4MRTGFRF' }
  expect(createConverge(config)).not.toBe(createConverge(config))
})
