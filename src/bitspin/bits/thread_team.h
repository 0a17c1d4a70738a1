// A few threads that share the tasks of one phase after the other.
#ifndef BITSPIN_THREAD_TEAM_H
#define BITSPIN_THREAD_TEAM_H

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

class ThreadTeam {
  public:
    using Task = std::function<void(std::size_t task, uint32_t thread)>;

    // Throws std::system_error where the system grants fewer threads.
    explicit ThreadTeam(uint32_t threads) : shares_(threads)
    {
        try {
            for (uint32_t thread = 1; thread < threads; thread++) {
                workers_.emplace_back([this, thread] { work(thread); });
            }
        } catch (...) {
            dismiss();
            throw;
        }
    }

    ~ThreadTeam() { dismiss(); }

    ThreadTeam(const ThreadTeam &) = delete;
    ThreadTeam &operator=(const ThreadTeam &) = delete;

    // Run tasks 0 .. count - 1, in any order, on all threads; return when all are done.
    // Each thread begins with its own share of neighbouring tasks, so that what it left in its
    // cache in one phase is there in the next; then it helps the others.
    // It waits for tasks, not for threads: where other programs hold a processor, the caller
    // does the work of a thread that is not running.
    void run(std::size_t count, const Task &task)
    {
        if (workers_.empty() || count <= 1) {
            for (std::size_t i = 0; i < count; i++) {
                task(i, 0);
            }
            return;
        }
        if (count >= most_tasks) {
            throw std::length_error("too many tasks in one phase");
        }
        task_ = &task;
        done_.store(0);
        {
            std::lock_guard<std::mutex> lock(mutex_);
            for (std::size_t i = 0; i < shares_.size(); i++) {
                uint64_t first = i * count / shares_.size();
                uint64_t end = (i + 1) * count / shares_.size();
                shares_[i].ticket.store(end << end_shift | first);
            }
        }
        wake_.notify_all();
        while (take_task(0)) {
        }
        for (uint32_t spins = 0; done_.load() != count; spins++) {
            pause(spins);
        }
    }

  private:
    void dismiss()
    {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            stop_.store(true);
        }
        wake_.notify_all();
        for (std::thread &worker : workers_) {
            worker.join();
        }
    }

    // The next task of a share and where the share ends, in one word: whoever draws a ticket knows
    // from it alone whether it is good, even if a new phase began between looking and drawing.
    struct alignas(64) Share {
        std::atomic<uint64_t> ticket{0};
    };
    static constexpr unsigned end_shift = 32;
    static constexpr std::size_t most_tasks = std::size_t{1} << 31;

    // Phases follow one another within microseconds: a thread looks for a while before it sleeps.
    static constexpr uint32_t spins_before_yield = 200;
    static constexpr uint32_t spins_before_sleep = 4000;

    static void pause(uint32_t spins)
    {
        if (spins > spins_before_yield) {
            std::this_thread::yield();
        }
    }

    static bool is_good(uint64_t ticket)
    {
        return static_cast<uint32_t>(ticket) < ticket >> end_shift;
    }

    bool work_waits() const
    {
        for (const Share &share : shares_) {
            if (is_good(share.ticket.load())) {
                return true;
            }
        }
        return false;
    }

    // Do one task if there is one left, of the thread's own share first. A phase cannot end before
    // its tasks are done, so what a good ticket refers to stays.
    bool take_task(uint32_t thread)
    {
        for (std::size_t i = 0; i < shares_.size(); i++) {
            std::atomic<uint64_t> &next = shares_[(thread + i) % shares_.size()].ticket;
            if (!is_good(next.load())) {
                continue;
            }
            uint64_t ticket = next.fetch_add(1);
            if (is_good(ticket)) {
                (*task_)(static_cast<uint32_t>(ticket), thread);
                done_.fetch_add(1);
                return true;
            }
        }
        return false;
    }

    void work(uint32_t thread)
    {
        while (!stop_.load()) {
            uint32_t spins = 0;
            for (; !work_waits() && spins < spins_before_sleep; spins++) {
                pause(spins);
            }
            if (spins == spins_before_sleep) {
                std::unique_lock<std::mutex> lock(mutex_);
                wake_.wait(lock, [this] { return work_waits() || stop_.load(); });
            }
            while (take_task(thread)) {
            }
        }
    }

    std::vector<std::thread> workers_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Share> shares_;
    std::atomic<std::size_t> done_{0};
    std::atomic<bool> stop_{false};
    const Task *task_ = nullptr;
};

#endif
