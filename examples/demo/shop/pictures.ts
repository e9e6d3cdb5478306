// The shop's product pictures: flat shapes in the variant's color, with light and shade.
import { type Html, html } from '../html.ts'

/** `currentColor` is the variant's color. */
const drawings = {
  shirt: html`<path fill="currentColor" d="m78 44 22 12 22-12 44 24-16 36-20-8v70H70V96l-20 8-16-36z"/>
    <path class="shade" d="M70 96V78l6-20-4 108h-2zM130 96V78l-6-20 4 108h2zM78 44l22 12 22-12-8 22-14-6-14 6z"/>
    <path class="line" d="M100 60v106"/><path class="dots" d="M100 78h.1M100 98h.1M100 118h.1M100 138h.1"/>
    <path class="line" d="M110 92h12v14h-12z"/>`,
  tote: html`<path class="strap" d="M74 92V66a26 26 0 0 1 52 0v26"/>
    <path fill="currentColor" d="M52 80h96l10 90H42z"/><path class="shade" d="M138 80h10l10 90h-26z"/>
    <path class="line" d="M51 92h98"/><path class="line" d="M84 118h32v26H84z"/>`,
  beanie: html`<path fill="currentColor" d="M48 128c0-50 18-82 52-82s52 32 52 82z"/>
    <path class="line" d="M76 122c0-36 6-60 24-74M124 122c0-36-6-60-24-74M100 122V48"/>
    <rect fill="currentColor" x="40" y="116" width="120" height="40" rx="12"/>
    <rect class="shade" x="40" y="116" width="120" height="40" rx="12"/>
    <path class="line" d="M60 122v28M80 122v28M100 122v28M120 122v28M140 122v28"/>`,
  mug: html`<g transform="translate(-8 -8)"><path class="handle" d="M138 84h8a22 22 0 0 1 0 48h-10"/>
    <path fill="currentColor" d="M54 62h86l-4 88a12 12 0 0 1-12 10H70a12 12 0 0 1-12-10z"/>
    <path class="shade" d="M120 62h20l-4 88a12 12 0 0 1-12 10h-12z"/><ellipse class="rim" cx="97" cy="62" rx="43" ry="9"/>
    <ellipse class="deep" cx="97" cy="63" rx="36" ry="6"/></g>`,
  pack: html`<path class="strap" d="M84 46a16 16 0 0 1 32 0"/><rect fill="currentColor" x="52" y="46" width="96" height="124" rx="24"/>
    <path class="shade" d="M124 46a24 24 0 0 1 24 24v76a24 24 0 0 1-24 24z"/>
    <path class="light" d="M52 72a26 26 0 0 1 26-26h44a26 26 0 0 1 26 26v24l-48 16-48-16z"/>
    <path class="line" d="M52 96l48 16 48-16M68 136h64v34M68 136v34"/><path class="strap" d="M100 104v26"/>`,
  candle: html`<path class="flame" d="M100 34c10 12 14 20 14 28a14 14 0 0 1-28 0c0-8 4-16 14-28z"/><path class="strap" d="M100 66v18"/>
    <rect fill="currentColor" x="60" y="88" width="80" height="78" rx="8"/><path class="light" d="M60 82h80v16H60z"/>
    <rect class="glass" x="54" y="72" width="92" height="98" rx="12"/><path class="label" d="M78 116h44v30H78z"/>
    <path class="line" d="M86 126h28M86 136h18"/>`,
  blanket: html`<rect fill="currentColor" x="40" y="70" width="120" height="84" rx="10"/>
    <path class="check" d="M64 70v84M88 70v84M112 70v84M136 70v84M40 90h120M40 112h120M40 134h120"/>
    <path class="shade" d="M40 112h120v32a10 10 0 0 1-10 10H50a10 10 0 0 1-10-10z"/>
    <path class="strap" d="M72 62v100M128 62v100M72 62c0-28 56-28 56 0"/>`,
  socks: html`<path fill="currentColor" d="M60 40h36v64l-2 22 26 18a16 16 0 0 1-10 28H92c-22 0-34-14-34-32z"/>
    <path fill="currentColor" d="M108 40h36v76l14 20a18 18 0 0 1-14 28h-10l-12-30-14-10z"/>
    <path class="light" d="M60 40h36v18H60zM108 40h36v18h-36z"/>
    <path class="shade" d="M60 58h36v6H60zM108 58h36v6h-36zM100 146l20-2a16 16 0 0 1-10 28H98z"/>
    <path class="line" d="M64 74h28M64 84h28M112 74h28M112 84h28"/>`,
}

export type Picture = keyof typeof drawings

export function picture(name: Picture, color: string, label = ''): Html {
  const role = label ? html`role="img" aria-label="${label}"` : html`aria-hidden="true"`
  return html`<svg class="picture" viewBox="20 20 160 160" style="color: ${color}" ${role}>${drawings[name]}</svg>`
}
