// A few threads that share the tasks of one phase after the other.
#ifndef BITSPIN_THREAD_TEAM_H
#define BITSPIN_THREAD_TEAM_H

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

class ThreadTeam {
  public:
    using Task = std::function<void(std::size_t task, uint32_t thread)>;

    explicit ThreadTeam(uint32_t threads)
    {
        for (uint32_t thread = 1; thread < threads; thread++) {
            workers_.emplace_back([this, thread] { work(thread); });
        }
    }

    ~ThreadTeam()
    {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            stop_ = true;
            round_.fetch_add(1);
        }
        wake_.notify_all();
        for (std::thread &worker : workers_) {
            worker.join();
        }
    }

    ThreadTeam(const ThreadTeam &) = delete;
    ThreadTeam &operator=(const ThreadTeam &) = delete;

    // Run tasks 0 .. count - 1, in any order, on all threads; return when all are done.
    void run(std::size_t count, const Task &task)
    {
        if (workers_.empty() || count <= 1) {
            for (std::size_t i = 0; i < count; i++) {
                task(i, 0);
            }
            return;
        }
        task_ = &task;
        count_ = count;
        next_.store(0);
        busy_.store(workers_.size());
        {
            std::lock_guard<std::mutex> lock(mutex_);
            round_.fetch_add(1);
        }
        wake_.notify_all();
        take_tasks(0);
        for (uint32_t spins = 0; busy_.load() != 0; spins++) {
            pause(spins);
        }
    }

  private:
    // Phases follow one another within microseconds: a thread looks for a while before it sleeps.
    static constexpr uint32_t spins_before_yield = 200;
    static constexpr uint32_t spins_before_sleep = 4000;

    static void pause(uint32_t spins)
    {
        if (spins > spins_before_yield) {
            std::this_thread::yield();
        }
    }

    void take_tasks(uint32_t thread)
    {
        for (std::size_t i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) {
            (*task_)(i, thread);
        }
    }

    void work(uint32_t thread)
    {
        uint64_t seen = 0;
        for (;;) {
            for (uint32_t spins = 0; round_.load() == seen && spins < spins_before_sleep; spins++) {
                pause(spins);
            }
            if (round_.load() == seen) {
                std::unique_lock<std::mutex> lock(mutex_);
                wake_.wait(lock, [&] { return round_.load() != seen; });
            }
            seen = round_.load();
            if (stop_) {
                return;
            }
            take_tasks(thread);
            busy_.fetch_sub(1);
        }
    }

    std::vector<std::thread> workers_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::atomic<uint64_t> round_{0};
    std::atomic<std::size_t> next_{0};
    std::atomic<std::size_t> busy_{0};
    const Task *task_ = nullptr;
    std::size_t count_ = 0;
    bool stop_ = false;
};

#endif
