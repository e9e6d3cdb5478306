import { refusalOf } from '../core/consent.ts'
import type { Config, PixelCause, State } from '../types.ts'
import type { Tone } from '../ui/tone.ts'
import { pixelAdvice, relayAdvice } from './advice.ts'

/** One line of the header: a name, its value, and a sentence if there is something to do. */
export interface Fact {
  name: string
  value: string
  tone: Tone
  sentence: string
}

const causes: Record<PixelCause, string> = {
  csp: "the page's Content-Security-Policy",
  script_error: 'an ad blocker, the network, or a wrong pixel ID',
  stand_in: "an ad blocker, or a window.ttq that is not TikTok's",
  sandboxed: 'the sandbox of this iframe',
  no_answer: 'no answer for 25 s',
}

/** The state of pixel, consent, relay and outbox. `blocker` names what blocks the pixel, if known. */
export function stateInWords(state: State, config: Config, blocker = ''): Fact[] {
  const { outbox } = state
  return [
    pixelFact(state, config, blocker),
    consentFact(state, config),
    relayFact(state, config),
    fact('Outbox', outbox ? `${outbox} waiting` : 'empty', outbox ? 'wait' : 'none'),
  ]
}

/** Shown while no pixel ID is set. */
const noPixelId: Fact = {
  name: 'Pixel',
  value: 'no pixel ID',
  tone: 'bad',
  sentence:
    "Set data-pixel-id on the script tag, or call converge.init({ pixelId: '…' }). The ID has 20 capital letters and digits: TikTok Events Manager shows it. Until then calls are queued, and nothing is sent.",
}

const fact = (name: string, value: string, tone: Tone, sentence = ''): Fact => ({ name, value, tone, sentence })

function pixelFact({ pixel, pixelCause, consent }: State, config: Config, blocker: string): Fact {
  if (!config.pixelId) return noPixelId
  if (pixel === 'live') return fact('Pixel', 'loaded', 'good')
  if (pixel === 'blocked') {
    const by = blocker || (pixelCause ? causes[pixelCause] : 'something')
    return fact('Pixel', `blocked by ${by}`, 'bad', pixelAdvice(pixelCause, config))
  }
  if (pixel === 'off') return fact('Pixel', config.paused ? 'off: paused' : 'off: server_only', 'none')
  const refusal = refusalOf(config.consent, consent.marketing, 'pixel')
  if (refusal === 'denied') return fact('Pixel', 'not loaded', 'none')
  return fact('Pixel', refusal ? 'waits for consent' : 'loading', 'wait')
}

function consentFact({ consent: { marketing } }: State, { consent: mode = 'always' }: Config): Fact {
  const value = `${marketing ?? 'undecided'} (${mode})`
  if (marketing) return fact('Consent', value, marketing === 'granted' ? 'good' : 'bad')
  return fact('Consent', value, mode === 'require' || mode === 'always_server' ? 'wait' : 'none')
}

function relayFact({ relay }: State, config: Config): Fact {
  if (relay === 'off') return fact('Relay', config.paused ? 'off: paused' : 'none', 'none')
  return relay === 'ready' ? fact('Relay', relay, 'good') : fact('Relay', relay, 'bad', relayAdvice(relay, config))
}
