/** The heights of a sound's bars, 0–1; an empty list for what is no waveform. */
export function barsOf(waveform: string | null): readonly number[] {
  try {
    return Array.from(atob(waveform ?? ""), (peak) => peak.charCodeAt(0) / 255);
  } catch {
    return [];
  }
}

/** "1:05", as players show where they are. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
