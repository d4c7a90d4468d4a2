// SPDX-License-Identifier: Apache-2.0
//! Replays the vector files of `tests/conformance/vectors`, whose format `FORMAT.md` there describes.
//!
//! `vectors [--hard] FILE...`
//!
//! With `--hard` connections are cloned or restored between events, payload is received in place, sent from pieces and
//! from closures, and segments get their ports and checksums as they are written.
use std::process::ExitCode;
use std::{env, fs};

use outcome::Outcome;
use record::{records, Reading, Record};
use trace::{Trace, Verdict};

mod codecs;
mod outcome;
mod record;
mod trace;
mod values;

/// The kind of files whose records belong together.
const CONNECTION: &str = "connection";

/// More differences of one file are counted, and not printed.
const MOST_PRINTED: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Plain,
    Hard,
}

/// What came of one file.
#[derive(Default)]
struct Report {
    traces: usize,
    records: usize,
    without_source: usize,
    differences: usize,
}

impl Report {
    fn difference(&mut self, place: &str, line: &str, difference: &str) {
        self.differences += 1;
        if self.differences <= MOST_PRINTED {
            println!("{place}: {difference}\n    {line}");
        }
    }
}

fn main() -> ExitCode {
    let (options, files): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let way = match options.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Way::Plain,
        ["--hard"] => Way::Hard,
        _ => return usage(),
    };
    if files.is_empty() {
        return usage();
    }
    let mut is_good = true;
    for file in &files {
        is_good &= match replay(file, way) {
            Ok(report) => print(file, &report),
            Err(reason) => {
                println!("{reason}");
                false
            }
        };
    }
    if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: vectors [--hard] FILE...");
    ExitCode::from(2)
}

fn replay(file: &str, way: Way) -> Reading<Report> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    let (kind, lines) = records(&text).map_err(|reason| format!("{file}: {reason}"))?;
    if kind != CONNECTION && !codecs::KINDS.contains(&kind) {
        return Err(format!("{file}: the kind '{kind}' is not known"));
    }
    let mut report = Report::default();
    let mut trace = None;
    for (number, line) in lines {
        let place = format!("{file}:{number}");
        let record = Record::read(line).map_err(|reason| format!("{place}: {reason}"))?;
        let step = if kind == CONNECTION {
            step_of_trace(&mut report, &mut trace, &record, way)
        } else {
            step_alone(&mut report, kind, &record)
        };
        if let Some(difference) = step.map_err(|reason| format!("{place}: {reason}"))? {
            report.difference(&place, line, &difference);
        }
    }
    if trace.is_some() {
        return Err(format!("{file}: the last trace has no end"));
    }
    Ok(report)
}

fn step_alone(report: &mut Report, kind: &str, record: &Record<'_>) -> Reading<Option<String>> {
    report.records += 1;
    let outcome: Outcome = codecs::replay(kind, record.verb, &record.input)?;
    outcome.difference(record.wanted()?)
}

fn step_of_trace(
    report: &mut Report,
    trace: &mut Option<Trace>,
    record: &Record<'_>,
    way: Way,
) -> Reading<Option<String>> {
    match (record.verb, trace.as_mut()) {
        ("trace", None) => {
            report.traces += 1;
            *trace = Some(Trace::begin(record, way)?);
            Ok(None)
        }
        ("end", Some(opened)) if opened.is_opened() => {
            *trace = None;
            Ok(None)
        }
        ("trace" | "end", _) | (_, None) => Err(out_of_place(record)),
        ("open", Some(trace)) if trace.is_opened() => Err(out_of_place(record)),
        (_, Some(trace)) if trace.is_over() => Ok(None),
        (_, Some(trace)) => {
            report.records += 1;
            Ok(match trace.replay(record)? {
                Verdict::AsWanted => None,
                Verdict::Different(difference) => Some(difference),
                Verdict::NoSource => {
                    report.without_source += 1;
                    None
                }
            })
        }
    }
}

fn out_of_place(record: &Record<'_>) -> String {
    format!("'{}' is out of place", record.verb)
}

fn print(file: &str, report: &Report) -> bool {
    let traces = if report.traces > 0 { format!("{} traces, ", report.traces) } else { String::new() };
    print!("{file}: {traces}{} records, {} differences", report.records, report.differences);
    if report.without_source > 0 {
        print!(", {} traces end early: no source can have what they want", report.without_source);
    }
    println!();
    report.records > 0 && report.differences == 0
}
