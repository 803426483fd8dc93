import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

public class Launch {
    private static String run(int number) throws Exception {
        String script = "read line; echo $line $((" + number + " * 2))";
        Process process = new ProcessBuilder("sh", "-c", script).redirectErrorStream(true).start();
        process.getOutputStream().write("twice\n".getBytes());
        process.getOutputStream().close();
        String answer = new String(process.getInputStream().readAllBytes()).trim();
        if (process.waitFor() != 0)
            throw new IllegalStateException("status " + process.exitValue());
        return answer;
    }

    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        List<Callable<String>> tasks = new ArrayList<>();
        for (int number = 1; number <= 20; number++) {
            final int own = number;
            tasks.add(() -> run(own));
        }
        String last = "";
        for (Future<String> result : pool.invokeAll(tasks))
            last = result.get();
        pool.shutdown();
        System.out.println(arguments[0] + ": " + last);
    }
}
