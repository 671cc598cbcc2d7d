/** Calendar arithmetic of the real-time clock: seconds since 1970 to the fields of the MC146818 and back. */

export interface RtcFields {
  second: number;
  minute: number;
  hour: number;
  /** 1 = Sunday, as the chip counts. */
  weekday: number;
  day: number;
  /** 1…12. */
  month: number;
  /** Full year, for example 2026. */
  year: number;
}

export const SECONDS_PER_DAY = 86400;

/** Fields of a time in seconds since 1970-01-01. */
export function fieldsOf(seconds: number): RtcFields {
  const date = new Date(seconds * 1000);
  return {
    second: date.getUTCSeconds(),
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    weekday: date.getUTCDay() + 1,
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    year: date.getUTCFullYear(),
  };
}

/** Seconds since 1970; fields outside their range carry over, as days past the end of a month do in the chip. */
export function secondsOf(fields: RtcFields): number {
  // Date.UTC takes years 0–99 for 1900–1999, so the year is set on its own.
  const date = new Date(Date.UTC(2000, 0, 1, fields.hour, fields.minute, fields.second));
  date.setUTCFullYear(fields.year, fields.month - 1, fields.day + (date.getUTCDate() - 1));
  return Math.floor(date.getTime() / 1000);
}

/** What an alarm register asks for; null stands for "don't care". */
export interface RtcAlarm {
  second: number | null;
  minute: number | null;
  hour: number | null;
}

/** The first second after `after` (both since 1970) at which the alarm matches, or Infinity if it never does. */
export function nextAlarm(alarm: RtcAlarm, after: number): number {
  const impossible = (alarm.second ?? 0) > 59 || (alarm.minute ?? 0) > 59 || (alarm.hour ?? 0) > 23;
  if (impossible) return Infinity;
  let time = after + 1;
  // Each step leaves a whole mismatching hour, minute or second: at most 24 + 60 + 60 of them.
  for (let step = 0; step < 150; step++) {
    const second = ((time % 60) + 60) % 60;
    const minute = ((Math.floor(time / 60) % 60) + 60) % 60;
    const hour = ((Math.floor(time / 3600) % 24) + 24) % 24;
    if (alarm.hour !== null && hour !== alarm.hour) time += 3600 - (minute * 60 + second);
    else if (alarm.minute !== null && minute !== alarm.minute) time += 60 - second;
    else if (alarm.second !== null && second !== alarm.second) time += 1;
    else return time;
  }
  return Infinity;
}
