//! `soak plan`.

use rstest::rstest;
use serde_json::json;

use crate::program::Soak;

#[test]
fn a_thousand_a_day_is_0_0116_a_second_and_0_116_at_a_peak_of_10() {
    let soak = Soak::new();
    soak.run(&["plan", "--arrivals", "1000", "--service-time", "5s"])
        .exited(0)
        .says("on average: 0.0116 jobs per second")
        .says("at the peak: 0.116 jobs per second")
        .says("workers: 3 (one fewer would not hold the wait)")
        .says("assumed:\n  - the busiest moment brings 10 times");
    let plan = soak.dir.json("artifacts/plan.json");
    assert_eq!(
        (plan["workers"].as_u64(), plan["knee"].is_null()),
        (Some(3), true)
    );
    let users = soak.run(&[
        "plan",
        "--users",
        "500",
        "--per-user",
        "2",
        "--service-time",
        "5s",
    ]);
    users.exited(0).says("at the peak: 0.116 jobs per second");
}

#[test]
fn a_stored_result_gives_service_time_and_knee() {
    let soak = Soak::new();
    soak.store(|_| {});
    soak.run(&["plan", "load.json", "--arrivals", "1000"])
        .exited(0)
        .says("busy for 5.000 s with a job (the mean from submit to ready in load.json, without the time between looks)")
        .says("knee: at 8.0 users, p95 10.0 ms");
}

#[rstest]
#[case::no_demand(&["plan", "--service-time", "1s"], 2, "--arrivals")]
#[case::no_service(&["plan", "--arrivals", "1"], 2, "RESULT")]
#[case::no_share(&["plan", "--arrivals", "1", "--service-time", "1s", "--wait-share", "1"], 2, "--wait-share")]
#[case::no_peak(&["plan", "--arrivals", "1", "--service-time", "1s", "--peak-factor", "0"], 2, "peak factor 0")]
#[case::no_file(&["plan", "none.json", "--arrivals", "1"], 4, "none.json")]
fn what_makes_no_plan_says_why(#[case] args: &[&str], #[case] code: i32, #[case] says: &str) {
    Soak::new().run(args).exited(code).says(says);
}

#[test]
fn a_result_that_says_too_little_is_refused() {
    let soak = Soak::new();
    let plan = ["plan", "load.json", "--arrivals", "1000"];
    soak.store(|result| result["trends"] = json!([]));
    soak.run(&plan)
        .exited(4)
        .says("load.json timed no job")
        .says("--service-time");
    soak.store(|result| result["exit_code"] = json!(3));
    soak.run(&plan)
        .exited(4)
        .says("load.json: its run ended with exit code 3");
}
