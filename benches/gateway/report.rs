//! The numbers: medians and spreads, printed and written down.

use crate::envoy::quote;
use std::fmt::Write;

/// One round on one Envoy.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The measured value, in the case's unit.
    pub value: f64,
    /// The share of its core that Envoy used.
    pub busy: f64,
    /// CPU time of Envoy for each counted thing, in µs (0: not meaningful).
    pub cost: f64,
    /// The share of the generator's turns that found nothing to do.
    pub idle: f64,
}

/// All rounds of one case.
#[derive(Debug)]
pub struct Outcome {
    /// The case's name.
    pub name: &'static str,
    /// What its values count.
    pub unit: &'static str,
    /// Rounds, each on the plain Envoy and the one with the filter.
    pub rounds: Vec<[Sample; 2]>,
}

/// A quartile: 0 the least, 2 the median, 4 the most; between two values their mean by distance.
fn quartile(values: impl Iterator<Item = f64>, which: usize) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let place = values.len().saturating_sub(1) as f64 * which as f64 / 4.0;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    match (values.get(below), values.get(above)) {
        (Some(low), Some(high)) => low + (high - low) * place.fract(),
        _ => 0.0,
    }
}

impl Sample {
    /// A value that says nothing about time.
    pub fn of(value: f64) -> Self {
        Self { value, busy: 0.0, cost: 0.0, idle: 0.0 }
    }
}

impl Outcome {
    /// No rounds yet.
    pub fn new(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit, rounds: Vec::new() }
    }

    /// The median of a field on one side.
    fn of(&self, side: usize, field: fn(&Sample) -> f64) -> f64 {
        quartile(self.rounds.iter().map(|r| field(&r[side])), 2)
    }

    /// A quartile (2: the median) of the rounds' ratios in a field.
    fn ratio(&self, field: fn(&Sample) -> f64, which: usize) -> f64 {
        quartile(self.rounds.iter().map(|[plain, filter]| field(filter) / field(plain)), which)
    }

    fn spread(&self, side: usize) -> String {
        let values = |which| quartile(self.rounds.iter().map(|r| r[side].value), which);
        format!("{:.1}..{:.1}", values(0), values(4))
    }

    /// The line that others read.
    pub fn line(&self) -> String {
        let value = |s: &Sample| s.value;
        let (plain, filter) = (self.of(0, value), self.of(1, value));
        format!("bench {} plain={plain:.1} filter={filter:.1} ratio={:.3}", self.name, self.ratio(value, 2))
    }

    /// What says how far the line can be trusted.
    pub fn note(&self) -> String {
        let mut out = format!(
            "      {}: plain {}, filter {}; ratio of the middle half of the rounds {:.3}..{:.3}",
            self.unit,
            self.spread(0),
            self.spread(1),
            self.ratio(|s| s.value, 1),
            self.ratio(|s| s.value, 3),
        );
        let cost = |s: &Sample| s.cost;
        if self.of(0, cost) > 0.0 {
            let _ = write!(
                out,
                ";\n      Envoy's CPU {:.1} and {:.1} µs each (ratio {:.3}), its core {:.0}% and {:.0}% busy, \
                 generator idle {:.0}% and {:.0}%",
                self.of(0, cost),
                self.of(1, cost),
                1.0 / self.ratio(cost, 2),
                100.0 * self.of(0, |s| s.busy),
                100.0 * self.of(1, |s| s.busy),
                100.0 * self.of(0, |s| s.idle),
                100.0 * self.of(1, |s| s.idle),
            );
        }
        out
    }

    fn json(&self) -> String {
        let side = |side: usize| {
            let rounds: Vec<String> = self.rounds.iter().map(|r| format!("{:.2}", r[side].value)).collect();
            format!(
                r#"{{"median": {:.2}, "rounds": [{}], "envoy_cpu_us_each": {:.2}, "envoy_busy": {:.3}, "generator_idle": {:.3}}}"#,
                self.of(side, |s| s.value),
                rounds.join(", "),
                self.of(side, |s| s.cost),
                self.of(side, |s| s.busy),
                self.of(side, |s| s.idle),
            )
        };
        let quartiles = [1, 2, 3].map(|which| self.ratio(|s| s.value, which));
        format!(
            "    {{\"name\": {}, \"unit\": {}, \"ratio\": {:.4}, \"ratio_quartiles\": [{:.4}, {:.4}],\n     \
             \"plain\": {},\n     \"filter\": {}}}",
            quote(self.name),
            quote(self.unit),
            quartiles[1],
            quartiles[0],
            quartiles[2],
            side(0),
            side(1),
        )
    }
}

/// target/bench.json.
pub fn json(outcomes: &[Outcome], module: &str, seconds: f64) -> String {
    let cases: Vec<String> = outcomes.iter().map(Outcome::json).collect();
    format!(
        "{{\n  \"module\": {}, \"seconds_a_round\": {seconds},\n  \"cases\": [\n{}\n  ]\n}}\n",
        quote(module),
        cases.join(",\n")
    )
}
