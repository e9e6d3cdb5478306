import { checkOption, type Option, refuseUnknown } from '../../core/options.ts'
import { isRecord } from '../../core/read.ts'
import { safeUrl } from '../safe-url.ts'
import { type AlertsConfig, defaultAlerts } from './alerts-config.ts'

export type Alerts = Required<Omit<AlertsConfig, 'silentHours'>> & Pick<AlertsConfig, 'silentHours'>

const positive: Option = [
  (value) => typeof value === 'number' && Number.isFinite(value) && value > 0,
  'a number above 0',
]

const numbers = { oldestMinutes: positive, deadLetters: positive, silentHours: positive } as const satisfies Record<
  Exclude<keyof AlertsConfig, 'url'>,
  Option
>

/**
 * Checks the alerts of a config. Returns `undefined` if there are none.
 *
 * @throws an error that names the invalid option. It never repeats the URL, which may contain a key
 */
export function readAlerts(alerts: AlertsConfig | undefined): Alerts | undefined {
  if (alerts === undefined) return undefined
  if (!isRecord(alerts))
    throw new Error('converge-tiktok: alerts is not an object, such as { "urlFrom": "ALERTS_URL", "deadLetters": 100 }')
  refuseUnknown('alerts', alerts, { url: true, ...numbers })
  const { url } = alerts
  if (typeof url !== 'string' || !safeUrl.test(url) || !URL.canParse(url))
    throw new Error(
      'converge-tiktok: alerts.url is missing or not an https:// URL. Set the address of an incoming webhook, such as Slack’s.',
    )
  for (const [name, option] of Object.entries(numbers))
    if (alerts[name] !== undefined) checkOption(`alerts.${name}`, alerts[name], option)
  return { ...defaultAlerts, ...alerts, url }
}
