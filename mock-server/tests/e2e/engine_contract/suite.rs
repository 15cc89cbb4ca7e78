//! The list of the contract's tests, and the macro that puts an engine through all of them.

/// Puts the engine that `$factory` makes through the whole contract, as tests in a module `$engine`.
///
/// A test that is missing here is dead code, which the lints refuse.
macro_rules! whole_contract {
    ($engine:ident, $factory:path) => {
        $crate::engine_contract::suite::contract! {
            $engine, $factory,
            lifecycle: [
                a_job_is_worked_off_segment_by_segment,
                a_lease_hands_out_what_a_worker_needs,
                a_manifest_says_what_the_worker_said,
                a_job_with_failed_and_ready_segments_is_complete_with_errors,
                a_job_without_a_ready_segment_is_in_error_for_its_first_segment_s_reason,
                one_segment_is_looked_up_by_its_id_and_by_no_other_spelling,
                what_is_unknown_is_none,
                updated_at_never_goes_back_and_created_at_stays,
                progress_is_the_share_of_ended_segments,
            ],
            admission: [
                the_limit_of_active_jobs_refuses_and_leaves_nothing_behind,
                an_ended_job_makes_room_for_another,
                without_the_workers_that_are_required_a_job_is_refused,
                a_repeated_submit_returns_the_first_job_before_any_limit,
                a_key_with_another_body_is_refused_by_the_name_of_the_first_job,
                racing_submits_with_one_key_make_one_job,
                a_deleted_job_s_key_makes_a_new_job,
                active_jobs_are_those_that_have_not_ended,
            ],
            queue: [
                segments_leave_in_the_order_of_submission,
                a_waiting_lease_call_wakes_when_a_job_arrives,
                a_lease_call_waits_no_longer_than_asked,
                as_many_waiting_workers_as_segments_all_get_one,
                dropped_lease_calls_swallow_nothing,
                a_retry_comes_due_by_itself_for_a_waiting_worker,
                a_retry_is_not_leased_before_its_backoff,
                what_is_given_back_is_first_in_line_and_its_attempt_does_not_count,
                what_is_given_back_wakes_a_waiting_worker,
            ],
            leases: [
                an_expired_lease_is_leased_again_and_counts_as_a_failed_attempt,
                an_expired_lease_wakes_a_waiting_worker_without_a_sweep,
                expired_leases_run_into_the_cap,
                extending_keeps_a_lease_beyond_its_time,
                an_ended_lease_is_good_for_nothing,
                a_token_that_was_never_given_is_lost,
                a_sweep_ends_expired_leases_and_says_so,
                abandoning_a_worker_ends_its_leases_and_no_others,
            ],
            retries: [
                a_segment_is_retried_to_the_cap_then_tried_with_the_fallback_then_failed,
                a_fallback_that_succeeds_shows_its_model,
                without_a_fallback_the_cap_is_the_reason,
                without_retries_the_fallback_comes_at_once,
                without_retries_and_fallback_the_failure_is_the_reason,
                dead_letters_count_segments,
            ],
            cancel: [
                a_canceled_job_leaves_the_queue_and_loses_its_leases,
                after_a_cancel_every_way_to_end_a_lease_is_refused,
                a_cancel_keeps_what_was_ready,
                a_cancel_leaves_an_ended_job_as_it_is_and_repeats_itself,
                a_segment_canceled_during_its_backoff_never_comes_back,
                a_deleted_job_is_gone_and_stays_counted,
                deleting_an_ended_job_does_not_count_it_again,
                a_job_that_is_queued_for_too_long_is_canceled_as_stale,
                a_job_that_was_leased_once_is_never_stale,
            ],
            races: [
                concurrent_leases_hand_out_each_segment_once,
                after_a_cancel_no_racing_result_is_taken,
                racing_holders_of_one_segment_store_one_result,
                a_delete_racing_results_leaves_nothing_behind,
                concurrent_work_ends_every_job_exactly_once,
            ],
            listing: [
                the_list_is_newest_first_and_says_how_each_job_stands,
                pages_meet_each_job_once_while_jobs_are_added,
                a_list_of_one_state_follows_the_jobs_that_enter_and_leave_it,
                a_cursor_outlives_the_job_that_it_points_to,
                a_cursor_that_no_list_made_is_refused,
            ],
            retention: [
                beyond_the_limit_the_job_that_ended_first_goes_first,
                beyond_the_bytes_the_job_that_ended_first_goes_first,
                jobs_that_have_not_ended_are_kept_whatever_the_limit,
                a_dropped_job_s_key_makes_a_new_job,
            ],
            workers: [
                a_worker_counts_as_online_for_a_while_after_each_heartbeat,
                a_worker_that_retires_is_offline_and_keeps_its_leases,
                many_heartbeats_of_one_worker_are_one_worker,
            ],
            merge_lock: [
                a_free_lock_is_taken_without_a_wait,
                a_second_call_waits_for_the_release,
                a_call_that_waits_in_vain_is_counted_as_a_wait_and_not_as_a_take,
                waiting_calls_are_served_in_order,
                an_expired_lock_passes_on_without_a_sweep,
                a_late_release_leaves_the_lock_with_its_new_holder,
                locks_of_different_jobs_do_not_meet,
                a_dropped_call_neither_holds_nor_blocks_the_lock,
                only_one_of_many_holds_the_lock_at_a_time,
            ],
            faults: [
                rules_are_numbered_and_listed_in_order,
                at_most_a_hundred_rules_stand,
                arrivals_and_strikes_are_counted_by_rule_and_in_all,
                a_rule_behind_one_that_ends_the_stage_neither_strikes_nor_counts,
                has_faults_says_at_which_stages_a_rule_stands,
                removing_a_rule_releases_what_it_holds_up,
                a_rule_ends_with_its_time_and_releases_what_it_holds_up,
                a_chance_strikes_the_same_arrivals_however_they_race,
                a_count_is_exact_however_arrivals_race,
                the_seed_decides_who_is_struck,
                sleeps_and_leaks_say_how_much,
            ],
            snapshot: [
                an_engine_without_jobs_has_nothing_to_report,
                the_age_of_the_oldest_segment_grows_until_it_is_leased,
                a_segment_that_waits_out_its_backoff_is_queued_but_not_yet_old,
                the_figures_add_up_after_every_step_of_any_schedule,
                submitted_jobs_are_always_ended_or_active,
            ],
        }
    };
}

/// One test for each name, in a module named after the engine.
macro_rules! contract {
    ($engine:ident, $factory:path, $($area:ident: [$($test:ident),+ $(,)?]),+ $(,)?) => {
        mod $engine {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    $crate::engine_contract::$area::$test($factory).await;
                }
            )+)+
        }
    };
}

pub(super) use {contract, whole_contract};
