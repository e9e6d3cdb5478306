import { own } from '../core/read.ts'

/** Up to 50 letters, digits, `-` and `_`: first a letter, last a letter or a digit. */
export const eventNameRule = /^(?!.{51})[a-z]([\w-]*[a-z\d])?$/i

/** Old event names, which TikTok's pixel 2.2.1 replaces when it sends them, and Converge's name for TikTok's page view. */
const renamed: Readonly<Record<string, string>> = {
  CompletePayment: 'Purchase',
  SubmitForm: 'Lead',
  Checkout: 'PlaceAnOrder',
  Registration: 'CompleteRegistration',
  StartCheckout: 'InitiateCheckout',
  AddBilling: 'AddPaymentInfo',
  ViewForm: 'ViewContent',
  ViewConsultationPage: 'ViewContent',
  ViewDownloadPage: 'ViewContent',
  ClickForm: 'ClickButton',
  ClickInDownloadPage: 'ClickButton',
  ClickInConsultationPage: 'ClickButton',
  ClickToDownload: 'Download',
  Consult: 'Contact',
  ConsultByPhone: 'Contact',
  PageView: 'Pageview',
}

/** The name that TikTok's pixel sends for an event. The server copy must have the same name, or TikTok counts two events. */
export const currentName = (event: string): string => own(renamed, event) ?? event
