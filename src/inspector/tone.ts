/** How good or bad news is. Told by a dot's shape too, for who does not see colours. */
export type Tone = 'good' | 'wait' | 'bad' | 'calm' | 'other' | 'none'
